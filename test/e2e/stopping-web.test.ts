/** The one-file form of an adaptive decoder in onnxruntime-node's own binding and in onnxruntime-web: the same tokens from the same stages. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as node from 'onnxruntime-node';
import { afterAll, expect, it } from 'vitest';
import { exportModel } from '../../app/export/index.ts';
import { StoppingFile } from '../../app/generate/stopping-file.ts';
import { openModel } from '../../app/models/model.ts';
import { openStored } from '../../app/models/stored.ts';
import { openSession } from '../../app/runtime/open.ts';
import { type DecoderNote, writeDecoderExits } from '../../app/techniques/adaptive/decoder-folder.ts';
import { quantize } from '../../app/techniques/quantize/quantize.ts';
import { quantizeSchema } from '../../app/techniques/quantize/schema.ts';
import { Random } from '../../app/tensor/random.ts';
import { type Tensor, tensor } from '../../app/tensor/tensor.ts';
import { makeExits } from '../generate/tiny-exits.ts';
import { makeTinyModel } from '../models/tiny-model.ts';
import { loadWeb } from './onnxruntime-web.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-stopping-web-'));
afterAll(() => rm(work, { recursive: true, force: true }));

const THRESHOLDS = { layer: 1, exit: 0.0125, shortlist: 0.013 };
const PROMPT = [5, 17, 200, 31];

async function makeExported(form: 'float32' | 'int4'): Promise<string> {
  const plain = await makeTinyModel(work, 'deep');
  const coarse = quantizeSchema.parse({ bits: 4, embeddingBits: 8, accuracyLevel: 1 });
  const source = form === 'int4' ? join(work, form) : plain;
  if (form === 'int4') await quantize(await openModel(plain), source, coarse, { threads: 1 });
  const model = await openStored(source);
  const note = {
    version: 1,
    kind: 'decoder',
    layers: 3,
    thresholds: THRESHOLDS,
    gateSlack: 1,
    dial: [],
    worthwhile: true,
  };
  const adapted = join(work, `${form}-adapted`);
  await writeDecoderExits(adapted, model, await makeExits(model), note as unknown as DecoderNote, {});
  const out = join(work, `${form}-onnx`);
  const { checks } = await exportModel(adapted, 'onnx', out, { threads: 1, prompts: [PROMPT, [3, 4, 5, 6, 7]] });
  expect(checks.find(({ name }) => name === 'stops as adaptive decoding does')?.passed).toBe(true);
  return out;
}

/** What follows tokens of no text, one by one. */
async function answersOf(file: StoppingFile) {
  const random = new Random([9]);
  const answers = [await file.extend(PROMPT)];
  while (answers.length < 30) answers.push(await file.extend([Math.floor(random.fraction() * 320)]));
  return answers;
}

it.each(['float32', 'int4'] as const)('%s', async (form) => {
  const folder = await makeExported(form);
  const { config } = await openStored(folder);
  const file = join(folder, 'onnx', 'model_adaptive.onnx');
  const ours = new StoppingFile(await openSession(file, { threads: 1 }), config);
  const expected = await answersOf(ours);
  ours.dispose();
  expect(new Set(expected.map(({ kind }) => kind)).size).toBeGreaterThan(1);

  const data = new Uint8Array(await readFile(join(folder, 'onnx', 'model.onnx_data')));
  const web = await loadWeb();
  const opened = [
    [node, await node.InferenceSession.create(file)],
    [
      web,
      await web.InferenceSession.create(new Uint8Array(await readFile(file)), {
        executionProviders: ['wasm'],
        externalData: [{ path: 'model.onnx_data', data }],
      }),
    ],
  ] as const;
  for (const [runtime, session] of opened) {
    const run = async (feeds: Readonly<Record<string, Tensor>>) => {
      const theirs = Object.entries(feeds).map(([name, { dtype, data: values, shape }]) => [
        name,
        new runtime.Tensor(dtype as 'float32', values as Float32Array, shape),
      ]);
      const results = await session.run(Object.fromEntries(theirs));
      return Object.fromEntries(
        Object.entries(results).map(([name, { type, data: values, dims }]) => [
          name,
          tensor(type as 'float32', dims, values as Float32Array),
        ]),
      );
    };
    const { inputNames: inputs, outputNames: outputs } = session;
    const theirs = new StoppingFile({ inputs, outputs, run, dispose: () => undefined }, config);
    expect(await answersOf(theirs)).toEqual(expected);
    await session.release();
  }
});
