/** The file of an adaptive classifier in other runtimes: onnxruntime-node's own binding, and onnxruntime-web's WebAssembly. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as node from 'onnxruntime-node';
import { afterAll, expect, it } from 'vitest';
import { loadTokenizer } from '../../app/models/tokenizer.ts';
import { openSession } from '../../app/runtime/open.ts';
import { adaptClassifier } from '../../app/techniques/adaptive/adapt-classifier.ts';
import { adaptSchema } from '../../app/techniques/adaptive/schema.ts';
import { int64 } from '../../app/tensor/tensor.ts';
import { makeReader, topicRows, writeRows } from '../techniques/adaptive/topics.ts';
import { loadWeb } from './onnxruntime-web.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-adaptive-web-'));
afterAll(() => rm(work, { recursive: true, force: true }));

it.each(['none', 'int8'] as const)('gives the same answers after the same layers there (%s)', async (quantize) => {
  const reader = await makeReader(work, 'models/bert');
  const file = await writeRows(join(work, 'topics.jsonl'), topicRows(240));
  const options = adaptSchema.parse({
    maxLoss: 0.1,
    confidence: 0.8,
    epochs: 12,
    learningRate: 3e-4,
    tuning: 0.2,
    quantize,
  });
  const data = { file, columns: { text: 'text', label: 'label' } };
  const { onnx } = await adaptClassifier(reader, data, join(work, quantize), options, { threads: 1 });
  const bytes = await readFile(onnx);
  const ours = await openSession(bytes, { threads: 1 });
  const tokenizer = await loadTokenizer(reader);
  const texts = topicRows(40).map(({ text }) => [...tokenizer.encode(text)]);
  for (const [runtime, providers] of [
    [node, ['cpu']],
    [await loadWeb(), ['wasm']],
  ] as const) {
    const session = await runtime.InferenceSession.create(new Uint8Array(bytes), {
      executionProviders: [...providers],
    });
    const layers = new Set<number>();
    for (const ids of texts) {
      const filled = (values: readonly number[]) => int64([1, ids.length], values);
      const all = {
        input_ids: filled(ids),
        attention_mask: filled(ids.map(() => 1)),
        token_type_ids: filled(ids.map(() => 0)),
      };
      const expected = await ours.run(all);
      const feeds = Object.fromEntries(
        Object.entries(all).map(([name, { data: values, shape }]) => [
          name,
          new runtime.Tensor('int64', values as BigInt64Array, shape),
        ]),
      );
      const found = await session.run(feeds);
      const layer = Number(found.exit_layer.data[0]);
      expect(layer).toBe(Number(expected.exit_layer.data[0]));
      layers.add(layer);
      const tolerance = quantize === 'none' ? 1e-4 : 0.1;
      for (const [i, z] of (expected.logits.data as Float32Array).entries())
        expect(Math.abs(z - Number(found.logits.data[i]))).toBeLessThan(tolerance);
    }
    expect(Math.min(...layers)).toBeLessThan(3);
    await session.release();
  }
  ours.dispose();
});
