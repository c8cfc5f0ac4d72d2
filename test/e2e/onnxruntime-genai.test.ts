/** An export for onnxruntime-genai there: same tokens of a text, same greedy continuation. Needs its Python package (LATHE_PYTHON). */
import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Lathe } from './cli/lathe.ts';

const PYTHON = process.env.LATHE_PYTHON ?? 'python3';
const present = spawnSync(PYTHON, ['-c', 'import onnxruntime_genai']).status === 0;
const TEXT = 'The whale rose from the water and';
const TOKENS = 12;

let lathe: Lathe;
beforeAll(async () => {
  lathe = await Lathe.start();
});
afterAll(() => lathe.end());

const title = present ? 'goes on there as it does here' : `is skipped: ${PYTHON} has no onnxruntime-genai`;
it.skipIf(!present)(title, async () => {
  const out = lathe.path('genai');
  await lathe.json('export', 'starter', '--target', 'onnxruntime-genai', '--out', out);
  const words = ['--prompt', TEXT, '--max-tokens', String(TOKENS), '--temperature', '0'];
  const { ids: expected } = await lathe.json('generate', 'starter', ...words);
  const script = join(import.meta.dirname, 'genai-greedy.py');
  const { stdout } = await promisify(execFile)(PYTHON, [script, out, String(TOKENS), TEXT]);
  const { ids, said } = JSON.parse(stdout);
  expect(ids.length).toBeGreaterThan(4);
  expect(said).toEqual(expected);
});
