/** Unpacks one published version of an npm package under .cache: for runtimes and data that tests use and nothing depends on. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CACHE = join(import.meta.dirname, '../.cache/packages');

/**
 * @param {string} name
 * @param {string} version
 * @param {string} integrity the registry's sha512 of that version's archive
 * @returns {Promise<string>} the package's folder
 */
export async function npmPackage(name, version, integrity) {
  const folder = join(CACHE, `${name.replace('/', '-')}-${version}`);
  if (existsSync(join(folder, 'package.json'))) return folder;
  const temporary = `${folder}.${process.pid}`;
  await mkdir(temporary, { recursive: true });
  try {
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    const { stdout } = await run(npm, ['pack', `${name}@${version}`, '--silent'], { cwd: temporary, shell: true });
    const archive = join(temporary, stdout.trim().split('\n').at(-1));
    const found = `sha512-${createHash('sha512')
      .update(await readFile(archive))
      .digest('base64')}`;
    if (found !== integrity) throw new Error(`${name}@${version} is not what was expected: ${found}`);
    await run('tar', ['xzf', archive, '-C', temporary]);
    await rename(join(temporary, 'package'), folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return folder;
}

const WEB = '1.30.0';
const WEB_INTEGRITY = 'sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ==';

/** The folder of onnxruntime-web's modules: its WebAssembly is what phones and browsers run. */
export const webFolder = async () => join(await npmPackage('onnxruntime-web', WEB, WEB_INTEGRITY), 'dist');
