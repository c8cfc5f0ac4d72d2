/** Runs the layers of a classifier over texts: the vector that each text is classified by, or one for each token. */

import { byLength } from '../../models/encode-texts.ts';
import { buildPoolingGraph } from '../../models/graphs/head-graph.ts';
import type { Model } from '../../models/model.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { openSession } from '../../runtime/open.ts';
import { int64, tensor } from '../../tensor/tensor.ts';
import { makeLabelBatch } from '../finetune/label-batch.ts';
import { poolingOf } from './classifier.ts';

/** Padded tokens of one batch: large enough to be fast, small enough for the attention of long texts. */
const TOKENS_OF_BATCH = 4096;

export interface TrunkOptions {
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onText?: (done: number) => void;
}

export const isPerToken = ({ task }: Pick<Model, 'task'>): boolean => task.kind === 'token-classification';

/**
 * @param texts token ids of each text
 * @param values of the model's weights
 * @returns float32 [vectors, width] in the order of the texts: one each, or one for each of their tokens
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
  const starts = startsOf(texts, isPerToken(model));
  const result = new Float32Array(starts[texts.length] * width);
  try {
    const binding = session.bind();
    try {
      for (const { name, shape } of weights) binding.input(name, tensor('float32', shape, await values(name)));
      let done = 0;
      for (const batch of byLength(texts, TOKENS_OF_BATCH)) {
        signal?.throwIfAborted();
        const rows = batch.map((i) => ({ ids: texts[i], label: 0 }));
        const { inputs } = makeLabelBatch(rows, { pooling: poolingOf(model), positionsSkip });
        const feeds = isPerToken(model) ? { ...inputs, rows: tokenRows(batch.map((i) => texts[i].length)) } : inputs;
        for (const name of session.inputs) if (feeds[name]) binding.input(name, feeds[name]);
        binding.allocate('pooled');
        await binding.run({ signal });
        const pooled = binding.outputs().pooled.data as Float32Array;
        let at = 0;
        for (const i of batch) {
          const size = (starts[i + 1] - starts[i]) * width;
          result.set(pooled.subarray(at, at + size), starts[i] * width);
          at += size;
        }
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

/** First vector of each text, and their number at the end. */
export function startsOf(texts: readonly Int32Array[], perToken: boolean): Uint32Array {
  const starts = new Uint32Array(texts.length + 1);
  texts.forEach(({ length }, i) => {
    starts[i + 1] = starts[i] + (perToken ? length : 1);
  });
  return starts;
}

/** All tokens of a padded batch that are not padding, counted through it. */
function tokenRows(lengths: readonly number[]) {
  const length = Math.max(...lengths);
  const rows = lengths.flatMap((count, row) => Array.from({ length: count }, (_, t) => row * length + t));
  return int64([rows.length], rows);
}
