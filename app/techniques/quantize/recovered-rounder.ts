/** A rounder whose codes, scales and norms are trained, once all are known, to give back what rounding took. */
import type { LinearSpec } from '../../models/architectures/kit.ts';
import type { Model } from '../../models/model.ts';
import { readFloats } from '../../models/weights/constants.ts';
import { transpose } from '../../tensor/transpose-matrix.ts';
import { type Distilled, type DistilOptions, distil, type TrainedWeight } from './distil.ts';
import { type Formats, gridOfFormat, type Rounder } from './rounder.ts';
import type { QuantizedBlocks } from './rtn.ts';
import { TrainedCodes } from './trained-codes.ts';
import { TrainedGroups } from './trained-groups.ts';
import { dequantizeBlocks } from './unpack.ts';
import type { ModelParts } from './write-tensors.ts';

/** Of the rate, for gains of norms beside codes: each acts on all that a layer reads, and at full rate deep models run away. */
const VECTOR_SHARE = 0.1;

export interface RecoveryOptions extends DistilOptions {
  /** Whether codes move too, or scales and norms alone. */
  readonly codes: boolean;
}

export class RecoveredRounder implements Rounder {
  readonly distilled: Distilled;
  readonly #inner: Rounder;
  readonly #blocks: ReadonlyMap<string, QuantizedBlocks>;
  readonly #floats: ReadonlyMap<string, Float32Array>;

  private constructor(
    inner: Rounder,
    blocks: ReadonlyMap<string, QuantizedBlocks>,
    floats: ReadonlyMap<string, Float32Array>,
    distilled: Distilled,
  ) {
    this.#inner = inner;
    this.#blocks = blocks;
    this.#floats = floats;
    this.distilled = distilled;
  }

  /**
   * Holds the model twice as float32 values, once their gradients and, where codes are trained, two moments of them.
   * @param windows token ids of one length that predictions are compared on
   * @param held windows that nothing is learnt from, to see what was regained
   */
  static async open(
    inner: Rounder,
    model: Model,
    parts: ModelParts,
    formats: Formats,
    windows: readonly Int32Array[],
    held: readonly Int32Array[],
    options: RecoveryOptions,
  ): Promise<RecoveredRounder> {
    const head: LinearSpec = { inputs: parts.head.width, outputs: parts.head.vocabulary };
    const source = new Map<string, Float32Array>();
    const rest = new Map<string, Float32Array>();
    const vectors = new Map<string, TrainedGroups>();
    const scales = new Map<string, TrainedGroups>();
    const codes = new Map<string, TrainedCodes>();
    const blocks = new Map<string, QuantizedBlocks>();
    const tables = new Set([parts.embedding, parts.head.name]);
    for (const { name, shape } of model.weightSpecs) {
      source.set(name, await readFloats(model.weights.get(name)!));
      const module = moduleOf(name);
      const format = name.endsWith('.weight') ? formats.get(module) : undefined;
      if (format === undefined) {
        const values = await inner.floats(name);
        if (shape.length === 1 && name.endsWith('.weight')) {
          vectors.set(name, new TrainedGroups(values, values.length, (i) => i, options.codes ? VECTOR_SHARE : 1));
        } else rest.set(name, values);
        continue;
      }
      const spec = parts.linears.get(module) ?? head;
      const rounded = await inner.blocks(module, spec);
      blocks.set(module, rounded);
      const grid = gridOfFormat(format, spec.inputs);
      const values = dequantizeBlocks(rounded, spec.outputs, spec.inputs, grid);
      if (tables.has(module)) rest.set(name, values);
      else if (options.codes) {
        codes.set(name, new TrainedCodes(await inner.matrix(module, spec), rounded, spec, grid));
      } else scales.set(name, inGroups(values, spec, rounded.groups, grid.groupSize));
    }
    const trained = new Map<string, TrainedWeight>([...vectors, ...scales, ...codes]);
    const distilled = await distil(model, source, rest, trained, windows, held, options);
    for (const [name, weight] of codes) blocks.set(moduleOf(name), weight.blocks());
    for (const [name, { factors }] of scales) {
      const rounded = blocks.get(moduleOf(name))!;
      blocks.set(moduleOf(name), { ...rounded, scales: rounded.scales.map((scale, g) => scale * factors[g]) });
    }
    const floats = new Map([...vectors].map(([name, { current }]) => [name, current]));
    return new RecoveredRounder(inner, blocks, floats, distilled);
  }

  floats = async (name: string): Promise<Float32Array> => this.#floats.get(name) ?? this.#inner.floats(name);
  matrix = (module: string, spec: LinearSpec): Promise<Float32Array> => this.#inner.matrix(module, spec);
  dispose = (): void => this.#inner.dispose();

  async blocks(module: string): Promise<QuantizedBlocks> {
    const found = this.#blocks.get(module);
    if (!found) throw new Error(`${module} was not rounded`);
    return found;
  }
}

const moduleOf = (name: string): string => name.replace(/\.weight$/, '');

/** @param values [outputs, inputs] */
function inGroups(values: Float32Array, spec: LinearSpec, groups: number, groupSize: number): TrainedGroups {
  const { inputs, outputs, layout } = spec;
  const count = outputs * groups;
  if (layout === 'in-out') {
    const groupOf = (i: number) => (i % outputs) * groups + Math.floor(Math.floor(i / outputs) / groupSize);
    return new TrainedGroups(transpose(values, outputs, inputs), count, groupOf);
  }
  const groupOf = (i: number) => Math.floor(i / inputs) * groups + Math.floor((i % inputs) / groupSize);
  return new TrainedGroups(values, count, groupOf);
}
