/** What Lathe itself keeps beside a model: exits and the small model of `lathe adapt`, and how `lathe optimize` found it runs best. */
import { cp, lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { EXITS_FILE, NOTE_FILE, readAdaptiveNote, SMALL_FOLDER } from './adaptive-note.ts';
import { PROFILE_FILE } from './run-profile.ts';

/** `onnx` has the file that stops by itself, of classifiers. */
const ADAPTIVE = [NOTE_FILE, EXITS_FILE, SMALL_FOLDER, 'onnx'];

/** Files and folders without links, which could lead anywhere. @throws UserError model/not-a-model for a note that cannot be read */
export async function copyOwnFiles(from: string, to: string): Promise<void> {
  const adapted = (await readAdaptiveNote(from)) !== undefined;
  for (const name of adapted ? [...ADAPTIVE, PROFILE_FILE] : [PROFILE_FILE]) {
    const stats = await lstat(join(from, name)).catch(() => undefined);
    if (!stats) continue;
    await cp(join(from, name), join(to, name), {
      recursive: true,
      filter: async (source) => !(await lstat(source)).isSymbolicLink(),
    });
  }
}
