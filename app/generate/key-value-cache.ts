/** Keys and values of the tokens a decoder has seen, in buffers of the full length that the runtime works in directly. */
import { freshName, pastName, presentName } from '../models/graphs/cache-kit.ts';
import type { StoredModel } from '../models/stored.ts';
import type { Binding } from '../runtime/session.ts';
import { type Tensor, zeros } from '../tensor/tensor.ts';

interface Slot {
  readonly past: string;
  readonly present: string;
  readonly fresh: string;
  /** float32 [1, kv heads, capacity, head dim] */
  readonly tensor: Tensor;
}

export class KeyValueCache {
  readonly capacity: number;
  readonly #slots: readonly Slot[];

  constructor({ config }: StoredModel, capacity: number) {
    this.capacity = capacity;
    this.#slots = Array.from({ length: config.layers }, (_, layer) => layer).flatMap((layer) =>
      (['key', 'value'] as const).map((part) => ({
        past: pastName(layer, part),
        present: presentName(layer, part),
        fresh: freshName(layer, part),
        tensor: zeros('float32', [1, config.keyValueHeads, capacity, config.headDim]),
      })),
    );
  }

  /** The runtime reads and writes the buffers themselves. */
  bindInPlace(binding: Binding): void {
    for (const { past, present, tensor } of this.#slots) binding.input(past, tensor).output(present, tensor);
  }

  /** The runtime reads the buffers and gives the new rows, which `append` puts in. */
  bindFresh(binding: Binding): void {
    for (const { past, fresh, tensor } of this.#slots) binding.input(past, tensor).allocate(fresh);
  }

  /** @param fresh by output name, float32 [1, kv heads, length, head dim] each: the tokens from position `begin` on */
  append(fresh: Readonly<Record<string, Tensor>>, begin: number): void {
    for (const { fresh: name, tensor } of this.#slots) {
      const [, heads, length, width] = fresh[name].shape;
      const rows = fresh[name].data as Float32Array;
      const all = tensor.data as Float32Array;
      for (let head = 0; head < heads; head++) {
        const from = head * length * width;
        all.set(rows.subarray(from, from + length * width), (head * this.capacity + begin) * width);
      }
    }
  }
}
