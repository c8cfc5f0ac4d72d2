/** Where quantized tensors come from: straight from the file, or layer by layer over calibration text. */
import type { LinearSpec } from '../../models/architectures/kit.ts';
import { assertFinite } from '../../models/finite.ts';
import { groupSizeOf, type LinearFormat } from '../../models/graphs/quantized-linear.ts';
import { type InputStatistics, LayerWalk, type LinearGroup, type WalkOptions } from '../../models/layer-walk.ts';
import type { Model } from '../../models/model.ts';
import { readFloats } from '../../models/weights/constants.ts';
import { transpose } from '../../tensor/transpose-matrix.ts';
import { OutputError, scaleColumns, scaleInputs } from './awq.ts';
import { type Fold, foldOf } from './folds.ts';
import { type RoundingOptions, roundMatrix } from './rounding.ts';
import type { BlockOptions, QuantizedBlocks } from './rtn.ts';
import { AwqSearch, type ScaleSearch, Smoothing } from './scale-search.ts';
import { dequantizeBlocks } from './unpack.ts';

export type Formats = ReadonlyMap<string, LinearFormat>;

export interface Rounder {
  /** The weight's values as they are to be stored where they stay floats. @throws UserError weights/not-finite */
  floats(name: string): Promise<Float32Array>;
  /** [outputs, inputs], however the file has it. @throws UserError weights/not-finite */
  matrix(module: string, spec: LinearSpec): Promise<Float32Array>;
  /** Codes of a module whose form is `blocks`; each is asked for once, in the order of the model's weights. */
  blocks(module: string, spec: LinearSpec): Promise<QuantizedBlocks>;
  dispose(): void;
}

/** @param inputs length of a row */
export const gridOfFormat = (format: LinearFormat | undefined, inputs: number): BlockOptions => {
  if (format?.kind !== 'blocks') throw new Error('only blocks have groups');
  const { bits, zeroPoints, scales } = format;
  const groupSize = groupSizeOf(format, inputs);
  return { bits, groupSize, symmetric: !zeroPoints, halfScales: scales === 'float16' };
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

  dispose = (): void => undefined;

  async blocks(module: string, spec: LinearSpec): Promise<QuantizedBlocks> {
    const grid = gridOfFormat(this.#formats.get(module), spec.inputs);
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
  /** Layer of each module and of each weight that a scale may be folded into. */
  readonly #layerOf = new Map<string, number>();
  /** Weights of the layer at work that a scale changed; what is still to be written as floats or as rows of int8. */
  readonly #changed = new Map<string, Float32Array>();
  readonly #folds = new Map<string, Fold>();
  readonly #search: ScaleSearch | undefined;
  readonly #finished = new Map<string, QuantizedBlocks>();
  #next = 0;

  private constructor(
    model: Model,
    walk: LayerWalk,
    linears: ReadonlyMap<string, LinearSpec>,
    formats: Formats,
    options: RoundingOptions,
    search: ScaleSearch | undefined,
  ) {
    this.#plain = new PlainRounder(model, formats, options);
    this.#walk = walk;
    this.#linears = linears;
    this.#formats = formats;
    this.#options = options;
    this.#search = search;
    walk.layers.forEach(({ groups }, i) => {
      for (const group of groups) {
        for (const module of group.modules) this.#layerOf.set(module, i);
        const fold = search && foldOf(walk.graph, group, linears);
        if (!fold) continue;
        this.#folds.set(group.input, fold);
        for (const name of fold.vectors) this.#layerOf.set(name, i);
      }
    });
  }

  /** @param windows calibration text as token ids */
  static async open(
    model: Model,
    windows: readonly Int32Array[],
    linears: ReadonlyMap<string, LinearSpec>,
    formats: Formats,
    options: RoundingOptions & WalkOptions & { readonly smooth?: number },
  ): Promise<CalibratedRounder> {
    const walk = await LayerWalk.open(model, windows, options);
    const search =
      options.smooth !== undefined
        ? new Smoothing(options.smooth)
        : options.method === 'awq'
          ? new AwqSearch(await OutputError.open(options.threads))
          : undefined;
    return new CalibratedRounder(model, walk, linears, formats, options, search);
  }

  dispose = (): void => this.#search?.dispose();

  async floats(name: string): Promise<Float32Array> {
    await this.#reach(this.#layerOf.get(name));
    return this.#changed.get(name) ?? this.#plain.floats(name);
  }

  /** As the file has it, scales folded in. */
  async #stored(name: string): Promise<Float32Array> {
    return this.#changed.get(name) ?? this.#plain.floats(name);
  }

  async matrix(module: string, spec: LinearSpec): Promise<Float32Array> {
    await this.#reach(this.#layerOf.get(module));
    const values = await this.#matrix(module, spec);
    this.#changed.delete(`${module}.weight`);
    return values;
  }

  async #matrix(module: string, spec: LinearSpec): Promise<Float32Array> {
    const stored = await this.#stored(`${module}.weight`);
    return spec.layout === 'in-out' ? transpose(stored, spec.inputs, spec.outputs) : stored;
  }

  async #reach(layer: number | undefined): Promise<void> {
    while (layer !== undefined && this.#next <= layer) await this.#roundLayer(this.#next++);
  }

  async blocks(module: string, spec: LinearSpec): Promise<QuantizedBlocks> {
    const layer = this.#layerOf.get(module);
    // Nothing is known of what goes into embeddings and heads.
    if (layer === undefined) return this.#plain.blocks(module, spec);
    await this.#reach(layer);
    const blocks = this.#finished.get(module);
    if (!blocks) throw new Error(`${module} was rounded already`);
    this.#finished.delete(module);
    return blocks;
  }

  async #roundLayer(index: number): Promise<void> {
    const statistics = await this.#walk.statistics(index);
    if (this.#search) {
      for (const group of this.#walk.layers[index].groups) await this.#scale(group, statistics, this.#search);
    }
    const rounded = new Map<string, Float32Array>(this.#changed);
    for (const { input, modules } of this.#walk.layers[index].groups) {
      for (const module of modules) {
        const format = this.#formats.get(module);
        if (format?.kind !== 'blocks') continue;
        const spec = this.#linears.get(module)!;
        const { inputs, outputs } = spec;
        const grid = gridOfFormat(format, inputs);
        const weights = await this.#matrix(module, spec);
        const blocks = roundMatrix(weights, outputs, inputs, grid, this.#options, statistics.get(input));
        this.#finished.set(module, blocks);
        const values = dequantizeBlocks(blocks, outputs, inputs, grid);
        rounded.set(`${module}.weight`, spec.layout === 'in-out' ? transpose(values, outputs, inputs) : values);
      }
    }
    await this.#walk.advance(index, rounded);
    // Matrices in blocks are rounded; only vectors and rows of int8 are still asked for.
    for (const name of this.#changed.keys()) {
      if (this.#formats.get(name.replace(/\.weight$/, ''))?.kind === 'blocks') this.#changed.delete(name);
    }
  }

  /** Scales the inputs of linear layers that read the same values, where what makes them takes the scale back. */
  async #scale({ input, modules }: LinearGroup, statistics: Map<string, InputStatistics>, search: ScaleSearch) {
    const fold = this.#folds.get(input);
    const inputs = statistics.get(input)!;
    const matrices = [];
    for (const module of modules) {
      const format = this.#formats.get(module);
      if (!format) return;
      const spec = this.#linears.get(module)!;
      matrices.push({
        module,
        spec,
        grid: format.kind === 'blocks' ? gridOfFormat(format, spec.inputs) : undefined,
        rows: spec.outputs,
        weights: await this.#matrix(module, spec),
      });
    }
    if (!fold || (fold.module !== undefined && !this.#formats.has(fold.module))) return;
    const scales = await search.scales(matrices, inputs);
    const keep = (module: string, spec: LinearSpec, values: Float32Array) =>
      this.#changed.set(
        `${module}.weight`,
        spec.layout === 'in-out' ? transpose(values, spec.outputs, spec.inputs) : values,
      );
    for (const { module, spec, weights } of matrices) keep(module, spec, scaleColumns(weights, scales));
    for (const name of fold.vectors) {
      this.#changed.set(
        name,
        (await this.#stored(name)).map((v, i) => v / scales[i]),
      );
    }
    if (fold.module !== undefined) {
      const spec = this.#linears.get(fold.module)!;
      const rows = await this.#matrix(fold.module, spec);
      keep(
        fold.module,
        spec,
        rows.map((v, i) => v / scales[Math.floor(i / spec.inputs)]),
      );
    }
    statistics.set(input, scaleInputs(inputs, scales));
  }
}
