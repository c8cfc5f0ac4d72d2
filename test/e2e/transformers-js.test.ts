/** An export for transformers.js in transformers.js: same tokens, same prompt, same greedy continuation in every dtype. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Lathe } from './cli/lathe.ts';
import { npmPackage } from './npm-package.ts';

const VERSION = '4.3.1';
const INTEGRITY = 'sha512-5+voSeUCFK6PCKlY15dPhNOKq3/zOTxDN7oC+Wy9dFb1QZ0TSQomZRRy7URRK8YRuUoE9fGMQTTPC5d/pWBJhA==';
const TEXTS = ['The whale rose from the water and', 'Once upon a time there was a'];
const CONVERSATION = [{ role: 'user', content: 'Name a “planet” & its moons:\n1.' }];
const DTYPES = ['fp32', 'fp16', 'q8', 'q4', 'q4f16'] as const;
const TOKENS = 12;

interface Said {
  readonly prompt: string;
  readonly ids: number[][];
  readonly said: Record<(typeof DTYPES)[number], number[][]>;
}

let lathe: Lathe;
beforeAll(async () => {
  lathe = await Lathe.start();
});
afterAll(() => lathe.end());

async function inTransformersJs(root: string, folder: string): Promise<Said> {
  const entry = join(await npmPackage('@huggingface/transformers', VERSION, INTEGRITY), 'dist/transformers.node.mjs');
  const request = { root, folder, texts: TEXTS, conversation: CONVERSATION, dtypes: DTYPES, tokens: TOKENS };
  const script = join(import.meta.dirname, 'transformers-js-run.mjs');
  const words = [script, pathToFileURL(entry).href, JSON.stringify(request)];
  const { stdout } = await promisify(execFile)(process.execPath, words, { maxBuffer: 1 << 26 });
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}

it('goes on there as it does here', async () => {
  const { checks } = await lathe.json('export', 'starter', '--target', 'transformers.js', '--out', lathe.path('js'));
  expect(checks.length).toBeGreaterThan(10);
  const { ids, prompt, said } = await inTransformersJs(lathe.path(''), 'js');
  expect(prompt).toContain(CONVERSATION[0].content);
  const greedy = async (model: string, text: string): Promise<number[]> => {
    const words = ['--prompt', text, '--max-tokens', String(TOKENS), '--temperature', '0'];
    return (await lathe.json('generate', model, ...words)).ids;
  };
  for (const [i, text] of TEXTS.entries()) {
    const expected = await greedy('starter', text);
    expect(said.fp32[i]).toEqual(expected);
    expect(said.fp16[i]).toEqual(expected);
    expect(ids[i].length).toBeGreaterThan(4);
  }
  for (const [dtype, options] of [
    ['q8', ['--method', 'dynamic']],
    ['q4', ['--method', 'rtn', '--accuracy-level', '4']],
    ['q4f16', ['--method', 'rtn', '--accuracy-level', '4', '--scales', 'float16']],
  ] as const) {
    await lathe.json('quantize', 'starter', ...options, '--no-measure', '--out', lathe.path(dtype));
    // Activations are rounded as they come: a difference in a last bit may turn a near tie after a while.
    for (const [i, text] of TEXTS.entries())
      expect(said[dtype][i].slice(0, 4)).toEqual((await greedy(lathe.path(dtype), text)).slice(0, 4));
  }
});
