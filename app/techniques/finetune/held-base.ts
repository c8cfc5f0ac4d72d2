/** The frozen weights of QLoRA: read and rounded one at a time, kept as codes and scales for as long as the run lasts. */
import type { LinearSpec } from '../../models/architectures/kit.ts';
import type { HeldFormat } from '../../models/graphs/held-weights.ts';
import type { FrozenSpec } from '../../models/graphs/training-graph.ts';
import { readBlocks, roundToBlocks, type SignedBlocks } from '../../models/weights/blocks.ts';
import type { TypedArray } from '../../tensor/dtype.ts';
import { transpose } from '../../tensor/transpose-matrix.ts';

interface Held {
  readonly format: HeldFormat;
  readonly rows: number;
  readonly blocks: SignedBlocks;
  /** Mean of the rows [width]: what label smoothing moves answers towards. */
  readonly mean: Float32Array | undefined;
}

interface Plan {
  bits: 4 | 8;
  width: number;
  blockSize: number;
  mean: boolean;
}

const PART = /^(.*\.weight)\.(codes|scales|mean_row)(?:\.(\d+)-(\d+))?$/;

export class HeldBase {
  readonly #read: (path: string) => Promise<Float32Array>;
  readonly #linears: ReadonlyMap<string, LinearSpec>;
  readonly #plans: ReadonlyMap<string, Plan>;
  readonly #held = new Map<string, Promise<Held>>();

  /**
   * @param frozen the graph's frozen inputs, held ones among them
   * @param read the floats of a weight as the model stores it
   */
  constructor(
    frozen: readonly FrozenSpec[],
    linears: ReadonlyMap<string, LinearSpec>,
    read: (path: string) => Promise<Float32Array>,
  ) {
    this.#read = read;
    this.#linears = linears;
    this.#plans = plansOf(frozen);
  }

  holds = (path: string): boolean => this.#plans.has(path);

  /** The values of a graph input that belongs to a held weight; undefined for any other. */
  async value(name: string): Promise<TypedArray | undefined> {
    const [, path, part, from, to] = PART.exec(name) ?? [];
    if (path === undefined || !this.holds(path)) return undefined;
    const { rows, blocks, mean } = await this.#of(path);
    if (part === 'mean_row') return mean;
    const all = blocks[part as 'codes' | 'scales'];
    if (from === undefined) return all;
    const perRow = all.length / rows;
    return all.subarray(Number(from) * perRow, Number(to) * perRow);
  }

  /** The floats that a held weight stands for, [out, in]. */
  async floats(path: string): Promise<Float32Array> {
    const { blocks, format } = await this.#of(path);
    return readBlocks(blocks, format.bits, format.blockSize);
  }

  #of(path: string): Promise<Held> {
    let held = this.#held.get(path);
    if (!held) this.#held.set(path, (held = this.#round(path)));
    return held;
  }

  async #round(path: string): Promise<Held> {
    const { bits, blockSize, width, mean } = this.#plans.get(path)!;
    const stored = await this.#read(path);
    const spec = this.#linears.get(path.slice(0, -'.weight'.length));
    const values = spec?.layout === 'in-out' ? transpose(stored, spec.inputs, spec.outputs) : stored;
    return {
      format: { bits, blockSize },
      rows: values.length / width,
      blocks: roundToBlocks(values, bits, blockSize),
      mean: mean ? meanRow(values, width) : undefined,
    };
  }
}

function plansOf(frozen: readonly FrozenSpec[]): Map<string, Plan> {
  const plans = new Map<string, Plan>();
  for (const { name, shape, dtype } of frozen) {
    const [, path, part] = PART.exec(name) ?? [];
    if (path === undefined) continue;
    const plan = plans.get(path) ?? { bits: 8, width: 0, blockSize: 0, mean: false };
    plans.set(path, plan);
    if (part === 'mean_row') plan.mean = true;
    if (part === 'codes') [plan.width, plan.bits] = [shape[1], dtype === 'int4' ? 4 : 8];
    // Blocks a row, until the width is known.
    if (part === 'scales') plan.blockSize = shape[1];
  }
  for (const plan of plans.values()) plan.blockSize = plan.width / plan.blockSize;
  return plans;
}

function meanRow(values: Float32Array, width: number): Float32Array {
  const sums = new Float64Array(width);
  for (let i = 0; i < values.length; i++) sums[i % width] += values[i];
  return Float32Array.from(sums, (sum) => (sum * width) / values.length);
}
