/** Runs all exits over texts: what each layer would answer, from which every way of stopping follows. */
import { textFeeds } from '../../evaluate/text-feeds.ts';
import { byLength } from '../../models/encode-texts.ts';
import { exitLogits, haltedName, ownLogits, pooledName } from '../../models/graphs/exit-graph.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { openSession } from '../../runtime/open.ts';
import { allExits, type FlatExits } from './exit-graphs.ts';
import type { LayerLogits } from './scores.ts';

export interface Features {
  /** [rows, width] of each exit, the first layer's at index 0. */
  readonly pooled: readonly Float32Array[];
  /** [rows, labels]: probabilities of the model's own last layer. */
  readonly teacher: Float32Array;
}

export interface RunnerContext {
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (what: 'reading', done: number, total: number) => void;
}

/** Padded tokens of a batch: enough to be fast, little enough for the attention of long texts. */
const TOKENS_OF_BATCH = 2048;

/** @returns by output name, float32 [rows, …] in the order of the texts */
export async function runExits(
  flat: FlatExits,
  texts: readonly Int32Array[],
  { threads, signal, onProgress }: RunnerContext,
): Promise<ReadonlyMap<string, Float32Array>> {
  const session = await openSession(encodeModel(flat.graph), { threads, memoryPattern: false });
  const results = new Map<string, Float32Array>();
  try {
    let done = 0;
    for (const batch of byLength(texts, TOKENS_OF_BATCH)) {
      signal?.throwIfAborted();
      const feeds = textFeeds(
        session,
        batch.map((i) => texts[i]),
      );
      for (const [name, { data, shape }] of Object.entries(await session.run(feeds, session.outputs, { signal }))) {
        const width = Number(shape[1]);
        const all = results.get(name) ?? new Float32Array(texts.length * width);
        results.set(name, all);
        for (const [row, i] of batch.entries())
          all.set((data as Float32Array).subarray(row * width, (row + 1) * width), i * width);
      }
      done += batch.length;
      onProgress?.('reading', done, texts.length);
    }
  } finally {
    session.dispose();
  }
  return results;
}

export const logitsOfLayers = (results: ReadonlyMap<string, Float32Array>, layers: number): LayerLogits =>
  Array.from({ length: layers }, (_, i) => results.get(exitLogits(i + 1))!);

/** Of a model with halting units: what they have come to after each layer but the last, and what the heads say alone. */
export function haltingOf(
  results: ReadonlyMap<string, Float32Array>,
  layers: number,
): { readonly halted: readonly Float32Array[]; readonly own: LayerLogits } {
  const exits = allExits({ layers });
  return {
    halted: exits.map((layer) => results.get(haltedName(layer))!),
    own: [...exits.map((layer) => results.get(ownLogits(layer))!), results.get(exitLogits(layers))!],
  };
}

/** @param exits layers with a head of their own */
export function featuresOf(
  results: ReadonlyMap<string, Float32Array>,
  exits: readonly number[],
  last: number,
  labels: number,
): Features {
  const teacher = results.get(exitLogits(last))!.slice();
  for (let at = 0; at < teacher.length; at += labels) {
    const row = teacher.subarray(at, at + labels);
    const most = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    let sum = 0;
    for (let i = 0; i < labels; i++) sum += row[i] = Math.exp(row[i] - most);
    for (let i = 0; i < labels; i++) row[i] /= sum;
  }
  return { pooled: exits.map((layer) => results.get(pooledName(layer))!), teacher };
}
