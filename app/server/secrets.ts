/** Where the hub's token is kept: in the system's keychain through the shell, else in a file only its owner may read. */
import { chmod, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../files/atomic.ts';

export interface Secrets {
  get(): Promise<string | undefined>;
  set(value: string | undefined): Promise<void>;
  /** Where it is or would be kept. */
  place(): Promise<{ readonly kept: 'keychain' | 'file'; readonly path?: string }>;
}

export function fileSecrets(home: string): Secrets {
  const path = join(home, 'hub-token');
  return {
    get: () =>
      readFile(path, 'utf8').then(
        (text) => text.trim() || undefined,
        () => undefined,
      ),
    async set(value) {
      if (value === undefined) return rm(path, { force: true });
      await writeFileAtomically(path, '');
      await chmod(path, 0o600);
      await writeFileAtomically(path, value);
      await chmod(path, 0o600);
    },
    place: async () => ({ kept: 'file', path }),
  };
}
