/** The starter model as GGUF files of Lathe's and of llama.cpp's quantizer, and llama.cpp's measure of how far they are from it. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measuredOnce } from './measured-once.mjs';
import { ROOT } from './places.mjs';
import { measured } from './processes.mjs';

/** Windows that both programs are measured on. */
export const [TOKENS, WINDOW] = [8192, 256];

const WORKERS = join(ROOT, 'test/bench/workers');
const tool = ({ peers }) => join(peers, 'gguf_quality');
const text = ({ peers }) => join(peers, 'data/moby_dick.txt');
const libraries = ({ peers }) => join(peers, 'lib');

export const needs = (context) => [tool(context), text(context), libraries(context)];

/** @returns the JSON document of a command */
export const lathe = async (...args) =>
  (await measured(process.execPath, [join(ROOT, 'bin/lathe.mjs'), ...args, '--json'])).json;

const judge = async (context, ...args) =>
  (
    await measured(process.execPath, [join(WORKERS, 'gguf-quality.mjs'), tool(context), ...args], {
      env: { GGML_DIR: libraries(context) },
    })
  ).json;

const once = measuredOnce();

/** The half-precision file, the tokens to measure on and the importance matrix, which all rows share. */
export const shared = once('shared', async (context) => {
  const work = mkdtempSync(join(tmpdir(), 'lathe-bench-'));
  process.once('exit', () => rmSync(work, { recursive: true }));
  const source = await exported(work, 'f16');
  const [tokens, importance] = [join(work, 'tokens.bin'), join(work, 'imatrix.gguf')];
  await judge(context, 'tokens', source, text(context), tokens, String(TOKENS));
  await lathe('imatrix', 'starter', '--out', importance);
  return { source, tokens, importance };
});

/** @returns the path of Lathe's file */
export async function exported(work, type, ...more) {
  const out = join(work, type);
  await lathe('export', 'starter', '--target', 'gguf', '--type', type, ...more, '--out', out);
  return join(
    out,
    readdirSync(out).find((name) => name.endsWith('.gguf')),
  );
}

/**
 * @param type number of llama.cpp's `ftype`
 * @returns the path of llama.cpp's file, and how many bytes its tensors take
 */
export async function quantizedByLlama(context, work, type, weighed) {
  const { source, importance } = await shared(context);
  const model = join(work, 'theirs.gguf');
  const args = [libraries(context), source, model, String(type), ...(weighed ? [importance] : [])];
  const { json } = await measured(process.execPath, [join(WORKERS, 'llama-quantize.mjs'), ...args]);
  return { model, bytes: json.bytes };
}

/** Of a file, on all positions of the windows. @returns {{ kld: number, ppl: number, bytes: number }} */
export async function judged(context, model) {
  const { source, tokens } = await shared(context);
  const sizes = [TOKENS, WINDOW, 1].map(String);
  const { all, bytes } = (await judge(context, 'eval', tokens, ...sizes, source, model)).at(-1);
  return { ...all, bytes };
}

/** The result that rows of it are judged by. */
export const divergence = (label) => ({
  metric: 'divergence',
  label,
  unit: 'nats',
  digits: 5,
  higherIsBetter: false,
  target: { atMost: 1, of: 'ratio' },
});

/** Does something in a folder of its own. */
export async function inFolder(act) {
  const work = mkdtempSync(join(tmpdir(), 'lathe-bench-'));
  try {
    return await act(work);
  } finally {
    rmSync(work, { recursive: true });
  }
}
