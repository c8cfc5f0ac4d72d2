/** Keys and values of the tokens a decoder has seen, in buffers of the full length that the runtime works in directly. */
import { type CacheType, freshName, pastName, presentName, scaleName } from '../models/graphs/cache-kit.ts';
import type { StoredModel } from '../models/stored.ts';
import type { Binding } from '../runtime/session.ts';
import { float32, type Tensor, zeros } from '../tensor/tensor.ts';

interface Slot {
  readonly past: string;
  readonly present: string;
  readonly fresh: string;
  readonly scale: string;
  /** [1, kv heads, capacity, head dim] */
  readonly tensor: Tensor;
}

/** What the steps of an int8 cache stand for, by input name, float32 [1, kv heads, 1, head dim]. */
export type CacheScales = ReadonlyMap<string, Tensor>;

/** Later keys and values may be larger than those that the scales come from. */
const MARGIN = 1.25;

export class KeyValueCache {
  readonly capacity: number;
  readonly #slots: readonly Slot[];

  readonly #scales: CacheScales | undefined;

  /** @param scales of an int8 cache; absent: float32 */
  constructor({ config }: StoredModel, capacity: number, scales?: CacheScales) {
    this.capacity = capacity;
    this.#scales = scales;
    const type: CacheType = scales ? 'int8' : 'float32';
    this.#slots = Array.from({ length: config.layers }, (_, layer) => layer).flatMap((layer) =>
      (['key', 'value'] as const).map((part) => ({
        past: pastName(layer, part),
        present: presentName(layer, part),
        fresh: freshName(layer, part),
        scale: scaleName(layer, part),
        tensor: zeros(type, [1, config.keyValueHeads, capacity, config.headDim]),
      })),
    );
  }

  /** The runtime reads and writes the buffers themselves. */
  bindInPlace(binding: Binding): void {
    this.#bindScales(binding);
    for (const { past, present, tensor } of this.#slots) binding.input(past, tensor).output(present, tensor);
  }

  #bindScales(binding: Binding): void {
    for (const [name, scale] of this.#scales ?? []) binding.input(name, scale);
  }

  /** Scales under which what a float32 cache holds of the first `length` tokens fits int8. */
  scales(length: number): CacheScales {
    return new Map(
      this.#slots.map(({ scale, tensor }) => {
        const [, heads, capacity, width] = tensor.shape;
        const values = tensor.data as Float32Array;
        const largest = new Float32Array(heads * width);
        for (let i = 0; i < heads * length; i++) {
          const [head, position] = [Math.floor(i / length), i % length];
          const row = (head * capacity + position) * width;
          for (let d = 0; d < width; d++) {
            const size = Math.abs(values[row + d]);
            if (size > largest[head * width + d]) largest[head * width + d] = size;
          }
        }
        return [
          scale,
          float32(
            [1, heads, 1, width],
            largest.map((most) => Math.max((MARGIN * most) / 127, 1e-8)),
          ),
        ];
      }),
    );
  }

  /** The runtime reads the buffers and gives the new rows, which `append` puts in. */
  bindFresh(binding: Binding): void {
    this.#bindScales(binding);
    for (const { past, fresh, tensor } of this.#slots) binding.input(past, tensor).allocate(fresh);
  }

  /** @param fresh by output name, [1, kv heads, length, head dim] each: the tokens from position `begin` on */
  append(fresh: Readonly<Record<string, Tensor>>, begin: number): void {
    for (const { fresh: name, tensor } of this.#slots) {
      const [, heads, length, width] = fresh[name].shape;
      const rows = fresh[name].data as Float32Array | Int8Array;
      const all = tensor.data as Float32Array | Int8Array;
      for (let head = 0; head < heads; head++) {
        const from = head * length * width;
        all.set(rows.subarray(from, from + length * width), (head * this.capacity + begin) * width);
      }
    }
  }
}
