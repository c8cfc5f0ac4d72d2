/** Both files of an export for apps in WebAssembly: the logits of the source. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { exportModel } from '../../app/export/index.ts';
import { checkPrompts } from '../../app/export/prompts.ts';
import { Decoder } from '../../app/generate/decoder.ts';
import { openModel } from '../../app/models/model.ts';
import { openStored } from '../../app/models/stored.ts';
import { quantize } from '../../app/techniques/quantize/quantize.ts';
import { quantizeSchema } from '../../app/techniques/quantize/schema.ts';
import { loadWeb } from './onnxruntime-web.ts';

const STARTER = join(import.meta.dirname, '../../resources/starter/model');
const work = await mkdtemp(join(tmpdir(), 'lathe-mobile-'));
afterAll(() => rm(work, { recursive: true, force: true }));

it.each(['float', 'q4'] as const)('gives the same logits there (%s)', async (form) => {
  let source = STARTER;
  if (form === 'q4') {
    source = join(work, 'source');
    await quantize(await openModel(STARTER), source, quantizeSchema.parse({ accuracyLevel: 1 }), { threads: 1 });
  }
  const out = join(work, form);
  const [prompt] = await checkPrompts(source);
  await exportModel(source, 'onnxruntime-mobile', out, { threads: 1, prompts: [prompt] });
  const model = await openStored(source);
  const decoder = await Decoder.open(model, { threads: 1, maxLength: 64 });
  const expected = Float32Array.from((await decoder.extend(prompt)).data as Float32Array);
  decoder.dispose();
  const web = await loadWeb();
  const int64 = (values: readonly number[]) =>
    new web.Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);
  for (const file of ['model.onnx', 'model.ort']) {
    const bytes = new Uint8Array(await readFile(join(out, file)));
    const session = await web.InferenceSession.create(bytes, { executionProviders: ['wasm'] });
    const { keyValueHeads, headDim } = model.config;
    const past = session.inputNames
      .filter((name) => name.startsWith('past_key_values.'))
      .map((name) => [name, new web.Tensor('float32', new Float32Array(0), [1, keyValueHeads, 0, headDim])]);
    const { logits } = await session.run({
      input_ids: int64(prompt),
      attention_mask: int64(prompt.map(() => 1)),
      ...Object.fromEntries(past),
    });
    const actual = (logits.data as Float32Array).subarray(-expected.length);
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    for (const [i, value] of expected.entries()) expect(Math.abs(value - actual[i])).toBeLessThan(1e-3 * largest);
    await session.release();
  }
});
