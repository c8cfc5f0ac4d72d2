/**
 * Trained parameters with their gradients and moments, in memory that the runtime reads and writes in place and that the
 * WebAssembly kernels update in place. Nothing is copied in a step.
 */
import { sizeOf } from '../tensor.ts';
import { KERNELS_BINARY } from './kernels-binary.ts';

export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface Kernels {
  adamw(
    w: number,
    g: number,
    m: number,
    v: number,
    n: number,
    scale: number,
    b1: number,
    nb1: number,
    b2: number,
    nb2: number,
    rate: number,
    correction: number,
    decay: number,
    epsilon: number,
  ): void;
  sgd(w: number, g: number, m: number, n: number, scale: number, momentum: number, rate: number, decay: number): void;
  accumulate(y: number, x: number, n: number): void;
  sumOfSquares(x: number, n: number): number;
}

const PAGE = 65536;
/** What one 32-bit memory can hold. */
const LARGEST_MEMORY = 65536 * PAGE;
/** Tensors begin on a cache line; sizes are whole vectors. */
const ALIGNMENT = 16;
const padded = (elements: number) => Math.ceil(elements / ALIGNMENT) * ALIGNMENT;

let compiled: WebAssembly.Module | undefined;

function instantiate(memory: WebAssembly.Memory): Kernels {
  compiled ??= new WebAssembly.Module(Buffer.from(KERNELS_BINARY, 'base64'));
  return new WebAssembly.Instance(compiled, { lathe: { memory } }).exports as unknown as Kernels;
}

/** Parameters that share one memory: `slots` arrays of `elements` floats behind one another. */
export interface Block {
  readonly kernels: Kernels;
  readonly elements: number;
  /** Byte offset of a slot. */
  offset(slot: number): number;
}

interface Place {
  readonly block: number;
  readonly at: number;
  readonly size: number;
}

export class ParameterArena {
  readonly parameters: readonly ParameterSpec[];
  /** 0 the values, 1 the gradients, 2 and up what the optimiser keeps. */
  readonly slots: number;
  readonly blocks: readonly Block[];
  readonly #memories: readonly WebAssembly.Memory[];
  readonly #places = new Map<string, Place>();

  /** @throws RangeError for a single tensor that fills more than a 32-bit memory with all its slots */
  constructor(parameters: readonly ParameterSpec[], slots: number) {
    this.parameters = parameters;
    this.slots = slots;
    const sizes: number[] = [];
    for (const { name, shape } of parameters) {
      const size = sizeOf(shape);
      if (padded(size) * slots * 4 > LARGEST_MEMORY) {
        throw new RangeError(`${name} has ${size} elements: too many for one memory with ${slots} arrays`);
      }
      const last = sizes.length - 1;
      const fits = last >= 0 && (sizes[last] + padded(size)) * slots * 4 <= LARGEST_MEMORY;
      const block = fits ? last : sizes.push(0) - 1;
      this.#places.set(name, { block, at: sizes[block], size });
      sizes[block] += padded(size);
    }
    this.#memories = sizes.map((n) => {
      const pages = Math.max(1, Math.ceil((n * slots * 4) / PAGE));
      return new WebAssembly.Memory({ initial: pages, maximum: pages });
    });
    this.blocks = sizes.map((elements, i) => ({
      kernels: instantiate(this.#memories[i]),
      elements,
      offset: (slot) => slot * elements * 4,
    }));
  }

  /** The floats of one parameter in one slot: a view, not a copy. */
  view(name: string, slot: number): Float32Array<ArrayBuffer> {
    const place = this.#places.get(name);
    if (!place) throw new Error(`the arena has no parameter ${name}`);
    const start = this.blocks[place.block].offset(slot) + place.at * 4;
    return new Float32Array(this.#memories[place.block].buffer as ArrayBuffer, start, place.size);
  }

  /** One parameter by itself, for optimisers that treat parameters differently. */
  part(name: string): Block {
    const place = this.#places.get(name);
    if (!place) throw new Error(`the arena has no parameter ${name}`);
    const block = this.blocks[place.block];
    return { ...block, elements: padded(place.size), offset: (slot) => block.offset(slot) + place.at * 4 };
  }

  values = (name: string): Float32Array<ArrayBuffer> => this.view(name, 0);
  gradients = (name: string): Float32Array<ArrayBuffer> => this.view(name, 1);

  /** The whole of one slot, block by block (padding included): what a checkpoint stores. */
  slotViews(slot: number): Float32Array<ArrayBuffer>[] {
    return this.blocks.map(
      (block, i) => new Float32Array(this.#memories[i].buffer as ArrayBuffer, block.offset(slot), block.elements),
    );
  }

  /** Square root of the sum of squares over everything in a slot. */
  norm(slot: number): number {
    let sum = 0;
    for (const block of this.blocks) sum += block.kernels.sumOfSquares(block.offset(slot), block.elements);
    return Math.sqrt(sum);
  }

  /** target += source, over everything. */
  accumulate(target: number, source: number): void {
    for (const { kernels, offset, elements } of this.blocks)
      kernels.accumulate(offset(target), offset(source), elements);
  }
}
