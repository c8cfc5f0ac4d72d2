/** A rounder whose scales and norms are trained, once all codes are known, to give back what rounding took. */
import type { LinearSpec } from '../../models/architectures/kit.ts';
import type { Model } from '../../models/model.ts';
import { readFloats } from '../../models/weights/constants.ts';
import { type DistilOptions, distilScales, type ScaledWeight } from './distil-scales.ts';
import { type Formats, gridOfFormat, type Rounder, transpose } from './rounder.ts';
import type { QuantizedBlocks } from './rtn.ts';
import { dequantizeBlocks } from './unpack.ts';
import type { ModelParts } from './write-tensors.ts';

export class RecoveredRounder implements Rounder {
  readonly losses: readonly number[];
  readonly #inner: Rounder;
  readonly #blocks: ReadonlyMap<string, QuantizedBlocks>;
  readonly #floats: ReadonlyMap<string, Float32Array>;

  private constructor(
    inner: Rounder,
    blocks: ReadonlyMap<string, QuantizedBlocks>,
    floats: ReadonlyMap<string, Float32Array>,
    losses: readonly number[],
  ) {
    this.#inner = inner;
    this.#blocks = blocks;
    this.#floats = floats;
    this.losses = losses;
  }

  /**
   * Holds the model twice as float32 values, and once their gradients.
   * @param windows token ids of one length that predictions are compared on
   */
  static async open(
    inner: Rounder,
    model: Model,
    parts: ModelParts,
    formats: Formats,
    windows: readonly Int32Array[],
    options: DistilOptions,
  ): Promise<RecoveredRounder> {
    const head: LinearSpec = { inputs: parts.head.width, outputs: parts.head.vocabulary };
    const source = new Map<string, Float32Array>();
    const rest = new Map<string, Float32Array>();
    const weights = new Map<string, ScaledWeight>();
    const blocks = new Map<string, QuantizedBlocks>();
    const tables = new Set([parts.embedding, parts.head.name]);
    for (const { name, shape } of model.weightSpecs) {
      source.set(name, await readFloats(model.weights.get(name)!));
      const module = name.replace(/\.weight$/, '');
      const format = name.endsWith('.weight') ? formats.get(module) : undefined;
      if (format === undefined) {
        const values = await inner.floats(name);
        if (shape.length === 1 && name.endsWith('.weight')) {
          weights.set(name, { values, groups: values.length, groupOf: (i) => i });
        } else rest.set(name, values);
        continue;
      }
      const spec = parts.linears.get(module) ?? head;
      const rounded = await inner.blocks(module, spec);
      blocks.set(module, rounded);
      const grid = gridOfFormat(format);
      const values = dequantizeBlocks(rounded, spec.outputs, spec.inputs, grid);
      if (tables.has(module)) rest.set(name, values);
      else weights.set(name, inGroups(values, spec, rounded.groups, grid.groupSize));
    }
    const { factors, losses } = await distilScales(model, source, rest, weights, windows, options);
    const floats = new Map<string, Float32Array>();
    for (const [name, by] of factors) {
      const module = name.replace(/\.weight$/, '');
      const rounded = blocks.get(module);
      if (rounded) blocks.set(module, { ...rounded, scales: rounded.scales.map((scale, g) => scale * by[g]) });
      else
        floats.set(
          name,
          weights.get(name)!.values.map((v, i) => v * by[i]),
        );
    }
    return new RecoveredRounder(inner, blocks, floats, losses);
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

/** @param values [outputs, inputs] */
function inGroups(values: Float32Array, spec: LinearSpec, groups: number, groupSize: number): ScaledWeight {
  const { inputs, outputs, layout } = spec;
  const count = outputs * groups;
  if (layout === 'in-out') {
    const groupOf = (i: number) => (i % outputs) * groups + Math.floor(Math.floor(i / outputs) / groupSize);
    return { values: transpose(values, outputs, inputs), groups: count, groupOf };
  }
  const groupOf = (i: number) => Math.floor(i / inputs) * groups + Math.floor((i % inputs) / groupSize);
  return { values, groups: count, groupOf };
}
