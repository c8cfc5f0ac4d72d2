/** Where quantized tensors come from: straight from the file, or layer by layer over calibration text. */
import type { LinearSpec } from '../../models/architectures/kit.ts';
import { assertFinite } from '../../models/finite.ts';
import type { LinearFormat } from '../../models/graphs/quantized-linear.ts';
import type { Model } from '../../models/model.ts';
import { readFloats } from '../../models/weights/constants.ts';
import { LayerWalk, type WalkOptions } from './layer-walk.ts';
import { type RoundingOptions, roundMatrix } from './rounding.ts';
import type { BlockOptions, QuantizedBlocks } from './rtn.ts';
import { dequantizeBlocks } from './unpack.ts';

export type Formats = ReadonlyMap<string, LinearFormat>;

export interface Rounder {
  /** The weight's values as they are to be stored where they stay floats. @throws UserError weights/not-finite */
  floats(name: string): Promise<Float32Array>;
  /** [outputs, inputs], however the file has it. @throws UserError weights/not-finite */
  matrix(module: string, spec: LinearSpec): Promise<Float32Array>;
  /** Codes of a module whose form is `blocks`; each is asked for once, in the order of the model's weights. */
  blocks(module: string, spec: LinearSpec): Promise<QuantizedBlocks>;
}

export const gridOfFormat = (format: LinearFormat | undefined): BlockOptions => {
  if (format?.kind !== 'blocks') throw new Error('only blocks have groups');
  return { bits: format.bits as 4 | 8, groupSize: format.blockSize, symmetric: !format.zeroPoints };
};

/** Each matrix by itself. */
export class PlainRounder implements Rounder {
  readonly #model: Model;
  readonly #formats: Formats;
  readonly #options: RoundingOptions;

  constructor(model: Model, formats: Formats, options: RoundingOptions) {
    this.#model = model;
    this.#formats = formats;
    this.#options = options;
  }

  async floats(name: string): Promise<Float32Array> {
    const values = await readFloats(this.#model.weights.get(name)!);
    assertFinite(values, name);
    return values;
  }

  async matrix(module: string, spec: LinearSpec): Promise<Float32Array> {
    const stored = await this.floats(`${module}.weight`);
    return spec.layout === 'in-out' ? transpose(stored, spec.inputs, spec.outputs) : stored;
  }

  async blocks(module: string, spec: LinearSpec): Promise<QuantizedBlocks> {
    const grid = gridOfFormat(this.#formats.get(module));
    const weights = await this.matrix(module, spec);
    return roundMatrix(weights, spec.outputs, spec.inputs, grid, this.#options, undefined);
  }
}

/** Walks the layers as their weights are asked for; a layer sees what the rounded ones before it give. */
export class CalibratedRounder implements Rounder {
  readonly #plain: PlainRounder;
  readonly #walk: LayerWalk;
  readonly #formats: Formats;
  readonly #options: RoundingOptions;
  readonly #linears: ReadonlyMap<string, LinearSpec>;
  /** Layer of each module. */
  readonly #layerOf = new Map<string, number>();
  readonly #finished = new Map<string, QuantizedBlocks>();
  #next = 0;

  private constructor(
    model: Model,
    walk: LayerWalk,
    linears: ReadonlyMap<string, LinearSpec>,
    formats: Formats,
    options: RoundingOptions,
  ) {
    this.#plain = new PlainRounder(model, formats, options);
    this.#walk = walk;
    this.#linears = linears;
    this.#formats = formats;
    this.#options = options;
    walk.layers.forEach(({ groups }, i) => {
      for (const { modules } of groups) for (const module of modules) this.#layerOf.set(module, i);
    });
  }

  /** @param windows calibration text as token ids */
  static async open(
    model: Model,
    windows: readonly Int32Array[],
    linears: ReadonlyMap<string, LinearSpec>,
    formats: Formats,
    options: RoundingOptions & WalkOptions,
  ): Promise<CalibratedRounder> {
    const walk = await LayerWalk.open(model, windows, options);
    return new CalibratedRounder(model, walk, linears, formats, options);
  }

  floats = (name: string): Promise<Float32Array> => this.#plain.floats(name);
  matrix = (module: string, spec: LinearSpec): Promise<Float32Array> => this.#plain.matrix(module, spec);

  async blocks(module: string, spec: LinearSpec): Promise<QuantizedBlocks> {
    const layer = this.#layerOf.get(module);
    // Nothing is known of what goes into embeddings and heads.
    if (layer === undefined) return this.#plain.blocks(module, spec);
    while (this.#next <= layer) await this.#roundLayer(this.#next++);
    const blocks = this.#finished.get(module);
    if (!blocks) throw new Error(`${module} was rounded already`);
    this.#finished.delete(module);
    return blocks;
  }

  async #roundLayer(index: number): Promise<void> {
    const statistics = await this.#walk.statistics(index);
    const rounded = new Map<string, Float32Array>();
    for (const { input, modules } of this.#walk.layers[index].groups) {
      for (const module of modules) {
        const format = this.#formats.get(module);
        if (format?.kind !== 'blocks') continue;
        const spec = this.#linears.get(module)!;
        const { inputs, outputs } = spec;
        const grid = gridOfFormat(format);
        const weights = await this.matrix(module, spec);
        const blocks = roundMatrix(weights, outputs, inputs, grid, this.#options, statistics.get(input));
        this.#finished.set(module, blocks);
        const values = dequantizeBlocks(blocks, outputs, inputs, grid);
        rounded.set(`${module}.weight`, spec.layout === 'in-out' ? transpose(values, outputs, inputs) : values);
      }
    }
    await this.#walk.advance(index, rounded);
  }
}

/** [rows, columns] -> [columns, rows] */
function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = values[i * columns + j];
  return result;
}
