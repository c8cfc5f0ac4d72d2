/** Runs the teacher over every example once and keeps what it says. */
import { buildTeacherGraph } from '../../models/graphs/teacher-graph.ts';
import type { Model } from '../../models/model.ts';
import { readFloats } from '../../models/weights/constants.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { openSession } from '../../runtime/open.ts';
import { tensor } from '../../tensor/tensor.ts';
import type { Batch, BatchRow } from '../finetune/batch.ts';
import { isUnpadded } from '../finetune/open-source.ts';
import { predictionsOf } from './alignment.ts';
import type { Examples, PredictionIndex } from './examples.ts';
import { type RecordLayout, recordBytes, writeRecord } from './records.ts';
import { type CacheKey, TeacherCache } from './teacher-cache.ts';

export interface TeacherContext {
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Tokens of one batch: large enough to be fast, small enough for the logits of a large vocabulary. */
const TOKENS_OF_BATCH = 1024;
/** All probabilities are kept, exactly, where that takes no more than this. */
const SMALL = 128e6;
/** Else the fewest of these of the likeliest tokens that leave out no more than `LOSS` of the probability of the first batch. */
const LENGTHS = [32, 64, 128, 256];
const LOSS = 0.02;

/** Most tokens to be kept of each prediction; undefined: all. */
function mostKept(topK: CacheKey['topK'], vocabulary: number, predictions: number): number | undefined {
  if (topK === 'all' || (topK === 'auto' && 4 * vocabulary * predictions <= SMALL)) return undefined;
  const most = topK === 'auto' ? LENGTHS.at(-1)! : topK;
  return most < vocabulary ? most : undefined;
}

/** @throws UserError disk/full, file/not-allowed, runtime/failed */
export async function runTeacher(
  teacher: Model,
  examples: Examples,
  index: PredictionIndex,
  folder: string,
  key: CacheKey,
  { threads, signal, onProgress }: TeacherContext = {},
): Promise<void> {
  const { vocabulary, maxLength } = teacher.config;
  const topK = mostKept(key.topK, vocabulary, index.count);
  const { graph, weights } = buildTeacherGraph(teacher, {
    maxLength,
    temperature: key.temperature,
    topK,
    unpadded: isUnpadded(teacher),
  });
  const session = await openSession(encodeModel(graph), { threads, memoryPattern: false });
  const binding = session.bind();
  try {
    for (const { name, shape } of weights) {
      binding.input(name, tensor('float32', shape, await readFloats(teacher.weights.get(name)!)));
    }
    await TeacherCache.write(folder, async (append) => {
      let kept = topK;
      let done = 0;
      const lost = { sum: 0, max: 0 };
      for await (const batch of batchesOf(examples)) {
        signal?.throwIfAborted();
        const predictions = predictionsOf(batch);
        if (predictions.length === 0) continue;
        for (const name of session.inputs) if (batch.inputs[name]) binding.input(name, batch.inputs[name]);
        for (const name of session.outputs) binding.allocate(name);
        await binding.run({ signal });
        const outputs = binding.outputs();
        const probabilities = outputs.probabilities.data as Float32Array;
        const ids = outputs.ids?.data as BigInt64Array | undefined;
        const given = topK ?? vocabulary;
        if (done === 0 && topK !== undefined && key.topK === 'auto') kept = fewest(probabilities, given);
        const layout: RecordLayout = { vocabulary, topK: kept };
        const bytes = new Uint8Array(predictions.length * recordBytes(layout));
        const view = new DataView(bytes.buffer);
        predictions.forEach((prediction, row) => {
          const place = index.numberOf(prediction) - done;
          const [from, to] = [row * given, row * given + (kept ?? vocabulary)];
          const said = probabilities.subarray(from, to);
          const offset = place * recordBytes(layout);
          const share = writeRecord(view, offset, layout, prediction.signature, said, ids?.subarray(from, to));
          lost.sum += share;
          lost.max = Math.max(lost.max, share);
        });
        await append(bytes);
        done += predictions.length;
        onProgress?.(done, index.count);
      }
      const massLost = { mean: done > 0 ? lost.sum / done : 0, max: lost.max };
      return { ...key, kept, vocabulary, predictions: done, massLost };
    });
  } finally {
    binding.dispose();
    session.dispose();
  }
}

/** Whole examples in their order. */
async function* batchesOf(examples: Examples): AsyncGenerator<Batch> {
  let rows: BatchRow[] = [];
  let tokens = 0;
  for await (const row of examples.rows()) {
    if (rows.length > 0 && tokens + row.ids.length > TOKENS_OF_BATCH) {
      yield examples.make(rows);
      rows = [];
      tokens = 0;
    }
    rows.push(row);
    tokens += row.ids.length;
  }
  if (rows.length > 0) yield examples.make(rows);
}

/** @param probabilities [rows, most], the likeliest first */
function fewest(probabilities: Float32Array, most: number): number {
  const rows = probabilities.length / most;
  const enough = LENGTHS.find((length) => {
    let kept = 0;
    for (let r = 0; r < rows; r++) for (let i = 0; i < length; i++) kept += probabilities[r * most + i];
    return length <= most && 1 - kept / rows <= LOSS;
  });
  return enough ?? most;
}
