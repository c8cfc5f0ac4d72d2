/**
 * One of the graphs that adaptive decoding consists of. For every number of rows it has a binding in fixed memory, made
 * once: a step neither makes tensors nor copies results.
 */
import { pastName, presentName } from '../models/graphs/cache-kit.ts';
import type { LayerRange } from '../models/graphs/decoding-parts.ts';
import type { StoredModel } from '../models/stored.ts';
import type { Binding, Session } from '../runtime/session.ts';
import { type Tensor, tensor, zeros } from '../tensor/tensor.ts';

export type Memory = Readonly<Record<string, Tensor>>;

/** Bindings of more rows are not kept: prompts come in all lengths. */
const KEPT = 16;

interface Bound {
  readonly binding: Binding;
  readonly memory: Memory;
}

export class Stage {
  readonly session: Session;
  readonly #make: (rows: number, answered: number) => Memory;
  readonly #prepare: (binding: Binding) => void;
  readonly #kept = new Map<number, Bound>();

  /**
   * @param make inputs and outputs for so many rows, of which so many are answered, by name
   * @param prepare binds what is the same for all
   */
  constructor(
    session: Session,
    make: (rows: number, answered: number) => Memory,
    prepare: (binding: Binding) => void = () => undefined,
  ) {
    this.session = session;
    this.#make = make;
    this.#prepare = prepare;
  }

  /**
   * @param fill writes the inputs
   * @returns the memory of this number of rows, which its next run overwrites
   */
  async run(
    { rows, answered = rows }: { readonly rows: number; readonly answered?: number },
    fill: (memory: Memory) => void,
    signal?: AbortSignal,
  ): Promise<Memory> {
    if (rows <= KEPT) {
      const key = rows * (KEPT + 1) + answered;
      let bound = this.#kept.get(key);
      if (!bound) this.#kept.set(key, (bound = this.#bind(rows, answered)));
      fill(bound.memory);
      bound.binding.runSync();
      return bound.memory;
    }
    const { binding, memory } = this.#bind(rows, answered);
    try {
      fill(memory);
      await binding.run({ signal });
      return memory;
    } finally {
      binding.dispose();
    }
  }

  #bind(rows: number, answered: number): Bound {
    const binding = this.session.bind();
    this.#prepare(binding);
    const memory = this.#make(rows, answered);
    for (const name of this.session.inputs) if (memory[name]) binding.input(name, memory[name]);
    for (const name of this.session.outputs) if (memory[name]) binding.output(name, memory[name]);
    return { binding, memory };
  }

  dispose(): void {
    for (const { binding } of this.#kept.values()) binding.dispose();
    this.#kept.clear();
    this.session.dispose();
  }
}

/** Keys and values of some layers, worked on in place, and how many tokens they are of. */
export class LayerCache {
  readonly #slots: readonly { readonly past: string; readonly present: string; readonly data: Tensor }[];
  readonly #last = new Int32Array(1);
  readonly #total = new Int32Array(1);
  length = 0;

  constructor({ config }: StoredModel, { from, to }: LayerRange, capacity: number) {
    const shape = [1, config.keyValueHeads, capacity, config.headDim];
    this.#slots = Array.from({ length: to - from }, (_, i) => from + i).flatMap((layer) =>
      (['key', 'value'] as const).map((part) => ({
        past: pastName(layer, part),
        present: presentName(layer, part),
        data: zeros('float32', shape),
      })),
    );
  }

  bind(binding: Binding): void {
    for (const { past, present, data } of this.#slots) binding.input(past, data).output(present, data);
    binding.input('last_position', tensor('int32', [1], this.#last));
    binding.input('total_length', tensor('int32', [], this.#total));
  }

  /** The next run adds so many tokens. */
  announce(count: number): void {
    this.#total[0] = this.length + count;
    this.#last[0] = this.#total[0] - 1;
  }
}
