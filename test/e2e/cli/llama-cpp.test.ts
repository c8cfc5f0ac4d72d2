/** What Lathe writes as GGUF says in llama.cpp what it says here; what llama.cpp reads from a GGUF, Lathe reads too. */
import { execFile } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GGUF_TYPES } from '../../../app/export/gguf/file-types.ts';
import { openModel } from '../../../app/models/model.ts';
import { runModel } from '../../../app/models/score.ts';
import { int64 } from '../../../app/tensor/tensor.ts';
import { Lathe, ROOT } from './lathe.ts';

interface Said {
  readonly ids: number[];
  readonly said: number[];
  readonly template: string;
  readonly architecture: string;
}

const TEXT = 'The whale rose from the water and';
const TOKENS = 16;
let lathe: Lathe;
let entry: string;
let smol: string;

beforeAll(async () => {
  lathe = await Lathe.start();
  const scripts = (name: string) => import(join(ROOT, 'scripts', name));
  entry = (await scripts('fetch-llama-cpp.mjs')).ensureLlamaCpp();
  smol = await (await scripts('fetch-smollm2.mjs')).ensureSmolLm2();
});
afterAll(() => lathe.end());

async function inLlamaCpp(file: string, adapter?: string): Promise<Said> {
  const script = join(import.meta.dirname, 'llama-cpp-greedy.mjs');
  const request = JSON.stringify({ text: TEXT, tokens: TOKENS, adapter });
  const { stdout } = await promisify(execFile)(process.execPath, [script, entry, file, request]);
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}

const inLathe = async (model: string): Promise<number[]> => {
  const words = ['--prompt', TEXT, '--max-tokens', String(TOKENS), '--temperature', '0'];
  return (await lathe.json('generate', model, ...words)).ids;
};

/** How far the logit of each token said lies behind the largest one here, after the prompt and the tokens before it. */
async function distances(folder: string, prompt: readonly number[], said: readonly number[]): Promise<number[]> {
  const ids = [...prompt, ...said];
  const { logits } = await runModel(
    await openModel(folder),
    { input_ids: int64([1, ids.length], ids) },
    { threads: 2 },
  );
  const vocabulary = logits.shape[2];
  return said.map((id, i) => {
    const begin = (prompt.length - 1 + i) * vocabulary;
    const row = (logits.data as Float32Array).subarray(begin, begin + vocabulary);
    return row.reduce((a, b) => Math.max(a, b)) - row[id];
  });
}

/** How many tokens agree before the first that differs. */
const agreement = (a: readonly number[], b: readonly number[]): number => {
  const at = a.findIndex((id, i) => id !== b[i]);
  return at < 0 ? a.length : at;
};

describe('the starter as GGUF', () => {
  it.each(GGUF_TYPES)('%s loads in llama.cpp and goes on as it does here', async (type) => {
    const out = lathe.path(type);
    await lathe.json('export', 'starter', '--target', 'gguf', '--type', type, '--out', out);
    const file = join(out, (await readdir(out)).find((name) => name.endsWith('.gguf'))!);
    const { ids, said, template, architecture } = await inLlamaCpp(file);
    expect(architecture).toBe('llama');
    expect(template).toContain('<|im_start|>');
    await lathe.json('models', 'import', file, '--out', lathe.path(`back-${type}`));
    const { ids: ours } = await lathe.json('tokenize', lathe.path(`back-${type}`), '--input', await textFile());
    expect(ids).toEqual(ours[0]);
    // llama.cpp rounds activations to eight bits for the quantized types, which may turn a near tie and nothing else.
    const behind = await distances(lathe.path(`back-${type}`), ids, said);
    expect(Math.max(...behind)).toBeLessThan(type === 'f16' ? 0.01 : 0.5);
  });
});

describe('an adapter as GGUF', () => {
  it('makes llama.cpp say over the base model what the merged model says here', async () => {
    const data = lathe.path('whales.jsonl');
    const row = JSON.stringify({ prompt: TEXT, completion: ' sang a song about nine red apples.' });
    await writeFile(data, `${row}\n`.repeat(40));
    const tuned = lathe.path('tuned');
    const options = ['--data', data, '--steps', '12', '--learning-rate', '0.01', '--out', tuned];
    await lathe.json('finetune', 'starter', ...options);
    const [base, adapter] = [lathe.path('base'), lathe.path('adapter')];
    await lathe.json('export', 'starter', '--target', 'gguf', '--out', base);
    const lora = ['--target', 'gguf-lora', '--adapter', join(tuned, 'adapter')];
    const { files } = await lathe.json('export', 'starter', ...lora, '--out', adapter);
    const file = files.find(({ path }: { path: string }) => path.endsWith('.gguf')).path;
    const model = join(base, (await readdir(base)).find((name) => name.endsWith('.gguf'))!);
    const expected = await inLathe(tuned);
    const { said } = await inLlamaCpp(model, join(adapter, file));
    expect(agreement(expected, said)).toBeGreaterThanOrEqual(TOKENS / 2);
    expect(agreement(expected, (await inLlamaCpp(model)).said)).toBeLessThan(TOKENS / 4);
  });
});

describe('SmolLM2 from its GGUF', () => {
  it('is imported with its tokenizer and template, and says what llama.cpp says', async () => {
    const folder = lathe.path('smollm2');
    const facts = await lathe.json('models', 'import', smol, '--out', folder);
    expect(facts).toMatchObject({ architecture: 'llama', parameters: 134515008 });
    const { ids, said, template } = await inLlamaCpp(smol);
    const { ids: ours } = await lathe.json('tokenize', folder, '--input', await textFile());
    expect(ours[0]).toEqual(ids);
    expect(template.length).toBeGreaterThan(50);
    expect(agreement(await inLathe(folder), said)).toBeGreaterThanOrEqual(TOKENS / 4);
    const answer = await lathe.json('generate', folder, '--chat', '--prompt', 'What is the capital of France?');
    expect(answer.text).toContain('Paris');
  });
});

async function textFile(): Promise<string> {
  const file = lathe.path('text.json');
  await writeFile(file, JSON.stringify([TEXT]));
  return file;
}
