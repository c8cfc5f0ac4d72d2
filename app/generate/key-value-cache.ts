/**
 * Keys and values of the tokens that sequences have, in buffers of the full length that the runtime works in directly.
 * Each sequence has a lane; neighbouring lanes are one tensor with that many rows.
 */
import { type CacheType, freshName, pastName, presentName, scaleName } from '../models/graphs/cache-kit.ts';
import { stepName } from '../models/graphs/stepwise-attention.ts';
import type { StoredModel } from '../models/stored.ts';
import type { Binding } from '../runtime/session.ts';
import { float32, sizeOf, type Tensor, tensor } from '../tensor/tensor.ts';

interface Slot {
  readonly past: string;
  readonly present: string;
  readonly fresh: string;
  readonly scale: string;
  /** [lanes, kv heads, capacity, head dim] */
  readonly data: Float32Array | Int8Array;
}

/** What the steps of an int8 cache stand for, by input name, float32 [1, kv heads, 1, head dim]. */
export type CacheScales = ReadonlyMap<string, Tensor>;

/** Later keys and values may be larger than those that the scales come from. */
const MARGIN = 1.25;

export interface CacheOptions {
  /** Sequences that it holds; default 1. */
  readonly lanes?: number;
  /** Of an int8 cache; absent: float32. */
  readonly scales?: CacheScales;
}

/** What one token takes in the cache. */
export const bytesPerToken = ({ config }: StoredModel): number =>
  2 * config.layers * config.keyValueHeads * config.headDim * Float32Array.BYTES_PER_ELEMENT;

export class KeyValueCache {
  readonly capacity: number;
  readonly lanes: number;
  readonly type: CacheType;
  readonly #scales: CacheScales | undefined;
  readonly #slots: readonly Slot[];
  /** Shape of one lane. */
  readonly #shape: readonly [number, number, number];
  readonly #size: number;
  /** The same lanes are bound again and again. */
  readonly #views = new Map<string, readonly Tensor[]>();
  #idle: Tensor | undefined;

  constructor({ config }: StoredModel, capacity: number, { lanes = 1, scales }: CacheOptions = {}) {
    this.#scales = scales;
    this.type = scales ? 'int8' : 'float32';
    this.capacity = capacity;
    this.lanes = lanes;
    this.#shape = [config.keyValueHeads, capacity, config.headDim];
    this.#size = sizeOf(this.#shape);
    this.#slots = Array.from({ length: config.layers }, (_, layer) => layer).flatMap((layer) =>
      (['key', 'value'] as const).map((part) => ({
        past: pastName(layer, part),
        present: presentName(layer, part),
        fresh: freshName(layer, part),
        scale: scaleName(layer, part),
        data: this.#make(lanes),
      })),
    );
  }

  #make(lanes: number): Float32Array | Int8Array {
    const length = lanes * this.#size;
    return this.type === 'int8' ? new Int8Array(length) : new Float32Array(length);
  }

  #view(first: number, count: number): readonly Tensor[] {
    const key = `${first} ${count}`;
    let view = this.#views.get(key);
    if (!view) {
      const [from, to] = [first * this.#size, (first + count) * this.#size];
      view = this.#slots.map(({ data }) => tensor(this.type, [count, ...this.#shape], data.subarray(from, to)));
      this.#views.set(key, view);
    }
    return view;
  }

  /** The runtime reads and writes the lanes from `first` on themselves. */
  bindInPlace(binding: Binding, first = 0, count = 1): void {
    this.bindScales(binding);
    for (const [i, lanes] of this.#view(first, count).entries()) {
      binding.input(this.#slots[i].past, lanes).output(this.#slots[i].present, lanes);
    }
  }

  bindScales(binding: Binding): void {
    for (const [name, scale] of this.#scales ?? []) binding.input(name, scale);
  }

  /** Scales under which what the first lane of a float32 cache holds of the first `length` tokens fits int8. */
  scales(length: number): CacheScales {
    const [heads, capacity, width] = this.#shape;
    return new Map(
      this.#slots.map(({ scale, data }) => {
        const largest = new Float32Array(heads * width);
        for (let i = 0; i < heads * length; i++) {
          const [head, position] = [Math.floor(i / length), i % length];
          const row = (head * capacity + position) * width;
          for (let d = 0; d < width; d++) {
            const size = Math.abs(data[row + d]);
            if (size > largest[head * width + d]) largest[head * width + d] = size;
          }
        }
        const steps = largest.map((most) => Math.max((MARGIN * most) / 127, 1e-8));
        return [scale, float32([1, heads, 1, width], steps)];
      }),
    );
  }

  /** Binds one lane under the names of one place of a checking graph. */
  bindStep(binding: Binding, step: number): void {
    for (const [i, lane] of this.#view(0, 1).entries()) {
      const { past, present } = this.#slots[i];
      binding.input(stepName(past, step), lane).output(stepName(present, step), lane);
    }
  }

  /** Binds a cache that nobody reads, the same for every layer, in the names of a place that is not needed. */
  bindIdleStep(binding: Binding, step: number): void {
    this.#idle ??= tensor(this.type, [1, ...this.#shape], this.#make(1));
    for (const { past, present } of this.#slots) {
      binding.input(stepName(past, step), this.#idle).output(stepName(present, step), this.#idle);
    }
  }

  /** The runtime reads a lane and gives the new rows, which `append` puts in. */
  bindFresh(binding: Binding, lane = 0): void {
    this.bindScales(binding);
    for (const [i, rows] of this.#view(lane, 1).entries()) {
      binding.input(this.#slots[i].past, rows).allocate(this.#slots[i].fresh);
    }
  }

  /** @param fresh by output name, [1, kv heads, length, head dim] each: the tokens from position `begin` on */
  append(fresh: Readonly<Record<string, Tensor>>, begin: number, lane = 0): void {
    for (const { fresh: name, data } of this.#slots) {
      const [, heads, length, width] = fresh[name].shape;
      const rows = fresh[name].data as Float32Array | Int8Array;
      for (let head = 0; head < heads; head++) {
        const from = head * length * width;
        data.set(rows.subarray(from, from + length * width), this.#place(lane, head, begin));
      }
    }
  }

  /** Copies the first `length` tokens of a lane into another. */
  copy(from: number, to: number, length: number): void {
    this.#eachRun(from, to, length, (data, a, b, size) => data.copyWithin(b, a, a + size));
  }

  /** Exchanges what two lanes hold, of which `length` tokens count. */
  swap(one: number, other: number, length: number): void {
    this.#eachRun(one, other, length, (data, a, b, size) => {
      const kept = data.slice(a, a + size);
      data.copyWithin(a, b, b + size);
      data.set(kept, b);
    });
  }

  /** The tokens of one head lie together. */
  #eachRun(
    one: number,
    other: number,
    length: number,
    work: (data: Float32Array | Int8Array, a: number, b: number, size: number) => void,
  ): void {
    const [heads, , width] = this.#shape;
    for (const { data } of this.#slots) {
      for (let head = 0; head < heads; head++) {
        work(data, this.#place(one, head, 0), this.#place(other, head, 0), length * width);
      }
    }
  }

  #place(lane: number, head: number, position: number): number {
    const [, capacity, width] = this.#shape;
    return lane * this.#size + (head * capacity + position) * width;
  }
}
