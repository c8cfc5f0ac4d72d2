/** Where Lathe keeps its models, jobs and settings. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** `LATHE_HOME`, else the system's usual place for a program's data. */
export function dataFolder(): string {
  if (process.env.LATHE_HOME) return process.env.LATHE_HOME;
  if (process.platform === 'win32') return join(process.env.LOCALAPPDATA ?? homedir(), 'Lathe');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Lathe');
  return join(process.env.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'lathe');
}
