/** Hidden states of a frozen decoder, computed once: after the layers that may become exits, and at the end. */
import { openGraph } from '../../generate/open-graph.ts';
import { buildStates } from '../../models/graphs/decoding-parts.ts';
import type { StoredModel } from '../../models/stored.ts';
import type { Session } from '../../runtime/session.ts';
import { type Tensor, tensor, zeros } from '../../tensor/tensor.ts';

export interface States {
  /** By layer: float32 [tokens, width], divided by their root mean square. */
  readonly exits: ReadonlyMap<number, Float32Array>;
  /** float32 [tokens, width]: normed, what the head reads. */
  readonly final: Float32Array;
  /** The token that follows each, -1 at the end of a window. */
  readonly next: Int32Array;
  /** Tokens of each window, in order. */
  readonly lengths: readonly number[];
}

export interface StatesContext {
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (what: 'reading', done: number, total: number) => void;
}

/** Windows that run at once. */
const ROWS = 8;

export async function collectStates(
  model: StoredModel,
  windows: readonly Int32Array[],
  layers: readonly number[],
  { threads, signal, onProgress }: StatesContext,
): Promise<States> {
  const { width } = model.config;
  const longest = windows.reduce((most, { length }) => Math.max(most, length), 1);
  const graph = buildStates(model, layers, { ...model, maxLength: longest });
  const session = await openGraph(graph, { threads, spin: false });
  const tokens = windows.reduce((n, { length }) => n + length, 0);
  const exits = new Map(layers.map((layer) => [layer, new Float32Array(tokens * width)]));
  const final = new Float32Array(tokens * width);
  const next = new Int32Array(tokens).fill(-1);
  try {
    const caches = cacheOf(model, session, longest);
    let at = 0;
    for (let begin = 0; begin < windows.length; ) {
      signal?.throwIfAborted();
      const batch = alike(windows, begin);
      const outputs = await session.run(
        { ...inputsOf(batch, session), ...caches(batch.length) },
        [...layers.map((layer) => `hidden.${layer}`), 'final'],
        { signal },
      );
      for (const [layer, all] of exits) all.set(outputs[`hidden.${layer}`].data as Float32Array, at * width);
      final.set(outputs.final.data as Float32Array, at * width);
      for (const ids of batch) {
        next.set(ids.subarray(1), at);
        at += ids.length;
      }
      begin += batch.length;
      onProgress?.('reading', begin, windows.length);
    }
  } finally {
    session.dispose();
  }
  for (const all of exits.values()) divideByRms(all, width);
  return { exits, final, next, lengths: windows.map(({ length }) => length) };
}

/** The next windows that are of one length. */
function alike(windows: readonly Int32Array[], begin: number): readonly Int32Array[] {
  let end = begin + 1;
  while (end < windows.length && end - begin < ROWS && windows[end].length === windows[begin].length) end += 1;
  return windows.slice(begin, end);
}

function inputsOf(batch: readonly Int32Array[], { inputs }: Session): Record<string, Tensor> {
  const { length } = batch[0];
  const all = {
    input_ids: tensor(
      'int64',
      [batch.length, length],
      BigInt64Array.from(batch.flatMap((ids) => Array.from(ids, BigInt))),
    ),
    position_ids: tensor(
      'int64',
      [batch.length, length],
      BigInt64Array.from(batch.flatMap((ids) => Array.from(ids, (_, t) => BigInt(t)))),
    ),
    last_position: tensor('int32', [batch.length], new Int32Array(batch.length).fill(length - 1)),
    total_length: tensor('int32', [], Int32Array.of(length)),
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => inputs.includes(name)));
}

/** Empty caches of so many windows, which nobody reads. */
function cacheOf({ config }: StoredModel, { inputs }: Session, capacity: number) {
  const made = new Map<number, Record<string, Tensor>>();
  return (rows: number): Record<string, Tensor> => {
    let caches = made.get(rows);
    if (!caches) {
      const shape = [rows, config.keyValueHeads, capacity, config.headDim];
      const empty = zeros('float32', shape);
      caches = Object.fromEntries(
        inputs.filter((name) => name.startsWith('past_key_values.')).map((name) => [name, empty]),
      );
      made.set(rows, caches);
    }
    return caches;
  };
}

function divideByRms(states: Float32Array, width: number): void {
  for (let at = 0; at < states.length; at += width) {
    let sum = 0;
    for (let i = at; i < at + width; i++) sum += states[i] ** 2;
    const factor = 1 / Math.sqrt(sum / width + 1e-5);
    for (let i = at; i < at + width; i++) states[i] *= factor;
  }
}
