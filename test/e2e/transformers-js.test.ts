/** An export for transformers.js in transformers.js: same tokens, same prompt, same greedy continuation in every dtype; in Chromium as in Node. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cosine } from '../../app/evaluate/embeddings.ts';
import { openModel } from '../../app/models/model.ts';
import { runModel } from '../../app/models/score.ts';
import { int64 } from '../../app/tensor/tensor.ts';
import { inChromiumPage } from '../../scripts/chromium-page.mjs';
import { npmPackage, webFolder } from '../../scripts/npm-package.mjs';
import { Lathe, ROOT } from './cli/lathe.ts';

const VERSION = '4.3.1';
const INTEGRITY = 'sha512-5+voSeUCFK6PCKlY15dPhNOKq3/zOTxDN7oC+Wy9dFb1QZ0TSQomZRRy7URRK8YRuUoE9fGMQTTPC5d/pWBJhA==';
const TEXTS = ['The whale rose from the water and', 'Once upon a time there was a'];
const CONVERSATION = [{ role: 'user', content: 'Name a “planet” & its moons:\n1.' }];
const DTYPES = ['fp32', 'fp16', 'q8', 'q4', 'q4f16'] as const;
/** One of each set of operators: a page takes its time. */
const IN_PAGE = ['fp32', 'q8', 'q4f16'] as const;
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

const transformersFolder = async (): Promise<string> =>
  join(await npmPackage('@huggingface/transformers', VERSION, INTEGRITY), 'dist');

const request = (folder: string) => ({
  folder,
  texts: TEXTS,
  conversation: CONVERSATION,
  dtypes: DTYPES,
  tokens: TOKENS,
});

async function inNode(root: string, folder: string): Promise<Said> {
  const entry = join(await transformersFolder(), 'transformers.node.mjs');
  const script = join(import.meta.dirname, 'transformers-js-run.mjs');
  const words = [script, pathToFileURL(entry).href, JSON.stringify({ root, ...request(folder) })];
  const { stdout } = await promisify(execFile)(process.execPath, words, { maxBuffer: 1 << 26 });
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}

/** Its build for the web, on the build of ONNX Runtime that it takes there: WebAssembly, one thread. */
const inChromium = async <T>(root: string, what: 'say' | 'encode', asked: unknown): Promise<T> =>
  inChromiumPage({
    folders: {
      transformers: await transformersFolder(),
      ort: await webFolder(),
      common: join(import.meta.dirname, '../../node_modules/onnxruntime-common/dist/esm'),
      test: import.meta.dirname,
      models: root,
    },
    imports: { 'onnxruntime-web/webgpu': '/ort/ort.webgpu.bundle.min.mjs', 'onnxruntime-common': '/common/index.js' },
    script: `
      const library = await import('/transformers/transformers.web.min.js');
      const { ${what} } = await import('/test/transformers-js-say.mjs');
      library.env.allowRemoteModels = false;
      library.env.allowLocalModels = true;
      library.env.localModelPath = '/models/';
      const { wasm } = library.env.backends.onnx;
      wasm.numThreads = 1;
      wasm.wasmPaths = '/ort/';
      return ${what}(library, request, 'wasm');`,
    request: asked,
  });

it('goes on there as it does here', async () => {
  const { checks } = await lathe.json('export', 'starter', '--target', 'transformers.js', '--out', lathe.path('js'));
  expect(checks.length).toBeGreaterThan(10);
  const { ids, prompt, said } = await inNode(lathe.path(''), 'js');
  const page = await inChromium<Said>(lathe.path(''), 'say', { ...request('js'), dtypes: IN_PAGE });
  expect(page.ids).toEqual(ids);
  expect(page.prompt).toBe(prompt);
  for (const dtype of IN_PAGE) expect(page.said[dtype]).toEqual(said[dtype]);
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

it('reads texts there as it does here, in every dtype of an encoder', async () => {
  await lathe.json('export', 'minilm', '--target', 'transformers.js', '--out', lathe.path('encoder'));
  const dtypes = DTYPES;
  const { ids, states } = await inChromium<{
    readonly ids: number[][];
    readonly states: Record<(typeof dtypes)[number], number[][]>;
  }>(lathe.path(''), 'encode', { folder: 'encoder', texts: TEXTS, dtypes });
  const model = await openModel(join(ROOT, 'resources/minilm/model'));
  for (const [i, row] of ids.entries()) {
    const given = {
      input_ids: int64([1, row.length], row),
      attention_mask: int64(
        [1, row.length],
        row.map(() => 1),
      ),
    };
    const { last_hidden_state: own } = await runModel(model, given, { threads: 2 });
    const expected = own.data as Float32Array;
    for (const [dtype, least] of [
      ['fp32', 0.99999],
      ['fp16', 0.9999],
      ['q8', 0.98],
      ['q4', 0.95],
      ['q4f16', 0.95],
    ] as const) {
      const said = Float32Array.from(states[dtype][i]);
      expect(said).toHaveLength(expected.length);
      expect(cosine(said, 0, expected, 0, expected.length), dtype).toBeGreaterThan(least);
    }
  }
});
