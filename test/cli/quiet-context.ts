/** What a command is run with where nobody watches: one thread, no progress shown. */
import type { CommandContext } from '../../app/cli/command.ts';

export const quietContext = (home: string): CommandContext => ({
  signal: new AbortController().signal,
  threads: 1,
  home,
  progress: () => ({ update() {}, end() {} }),
  say() {},
  warn() {},
});
