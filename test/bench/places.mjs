/** Where things are: this checkout, the folder of the programs that Lathe is compared with, the results. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');
export const RESULTS = join(ROOT, '.cache/bench');

/** `LATHE_PEERS`, or the first of ../peers and .cache/peers that is there; a row says itself what it needs in it. */
export function peersFolder() {
  if (process.env.LATHE_PEERS) return resolve(process.env.LATHE_PEERS);
  const usual = [resolve(ROOT, '../peers'), resolve(ROOT, '../../peers'), join(ROOT, '.cache/peers')];
  return usual.find((folder) => existsSync(folder)) ?? join(ROOT, '.cache/peers');
}

/** The Python of a virtual environment. */
export const pythonIn = (environment) =>
  process.platform === 'win32' ? join(environment, 'Scripts/python.exe') : join(environment, 'bin/python');
