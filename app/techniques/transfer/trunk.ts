/** Runs the layers of a classifier over texts once: the vector that each text is classified by. */
import { buildPoolingGraph } from '../../models/graphs/head-graph.ts';
import type { Model } from '../../models/model.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { openSession } from '../../runtime/open.ts';
import { tensor } from '../../tensor/tensor.ts';
import { makeLabelBatch } from '../finetune/label-batch.ts';
import { poolingOf } from './classifier.ts';

/** Padded tokens of one batch: large enough to be fast, small enough for the attention of long texts. */
const TOKENS_OF_BATCH = 4096;

export interface TrunkOptions {
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onText?: (done: number) => void;
}

/**
 * @param texts token ids of each text
 * @param values of the model's weights
 * @returns float32 [texts, width], in the order of the texts
 */
export async function runTrunk(
  model: Model,
  texts: readonly Int32Array[],
  values: (name: string) => Promise<Float32Array<ArrayBuffer>> | Float32Array<ArrayBuffer>,
  { threads, signal, onText }: TrunkOptions = {},
): Promise<Float32Array> {
  const { width, positionsSkip } = model.config;
  const longest = texts.reduce((most, { length }) => Math.max(most, length), 1);
  const { graph, weights } = buildPoolingGraph(model, longest);
  const session = await openSession(encodeModel(graph), { threads, memoryPattern: false });
  const result = new Float32Array(texts.length * width);
  try {
    const binding = session.bind();
    try {
      for (const { name, shape } of weights) binding.input(name, tensor('float32', shape, await values(name)));
      let done = 0;
      for (const batch of byLength(texts)) {
        signal?.throwIfAborted();
        const rows = batch.map((i) => ({ ids: texts[i], label: 0 }));
        const { inputs } = makeLabelBatch(rows, { pooling: poolingOf(model), positionsSkip });
        for (const name of session.inputs) if (inputs[name]) binding.input(name, inputs[name]);
        binding.allocate('pooled');
        await binding.run({ signal });
        const pooled = binding.outputs().pooled.data as Float32Array;
        batch.forEach((i, row) => {
          result.set(pooled.subarray(row * width, (row + 1) * width), i * width);
        });
        done += batch.length;
        onText?.(done);
      }
    } finally {
      binding.dispose();
    }
  } finally {
    session.dispose();
  }
  return result;
}

/** Indices of texts in batches of alike length, so that little is padding. */
function* byLength(texts: readonly Int32Array[]): Generator<number[]> {
  const order = texts.map((_, i) => i).sort((a, b) => texts[b].length - texts[a].length || a - b);
  for (let at = 0; at < order.length; ) {
    const rows = Math.max(1, Math.floor(TOKENS_OF_BATCH / texts[order[at]].length));
    yield order.slice(at, at + rows);
    at += rows;
  }
}
