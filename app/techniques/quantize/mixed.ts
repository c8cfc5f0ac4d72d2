/** Mixed precision: bits and group sizes for every part of a model, so that its files fit a size. */
import { UserError } from '../../contract/errors.ts';
import type { LinearSpec } from '../../models/architectures/kit.ts';
import { containerOf, planesOf } from '../../models/graphs/bit-planes.ts';
import type { LinearFormat } from '../../models/graphs/quantized-linear.ts';
import { LayerWalk, type WalkOptions } from '../../models/layer-walk.ts';
import type { Model } from '../../models/model.ts';
import { type Choice, solveBudget } from './budget.ts';
import { searchGrid } from './grid-search.ts';
import { type Formats, PlainRounder, transpose } from './rounder.ts';
import { type BlockOptions, quantizeWith } from './rtn.ts';
import { divergences } from './sensitivity.ts';
import { dequantizeBlocks } from './unpack.ts';
import type { ModelParts } from './write-tensors.ts';

/** Bits that are packed in the file only, and take the next larger power of two in memory. */
const PACKED: readonly number[] = [6, 5, 3];
const GROUPS = [128, 64, 32, 16];

/** What each part may become. */
function gridsFor(packed: boolean): BlockOptions[] {
  const bits = [8, 6, 5, 4, 3, 2].filter((n) => packed || !PACKED.includes(n));
  return bits.flatMap((n) =>
    GROUPS.flatMap((groupSize) =>
      (n > 4 ? [true] : [true, false]).map((symmetric) => ({ bits: n, groupSize, symmetric, halfScales: true })),
    ),
  );
}

/** The form whose divergence is measured; those of the others follow from their rounding errors. */
const PROBE: BlockOptions = { bits: 4, groupSize: 64, symmetric: true };
/** Rows that rounding errors are estimated from. */
const SAMPLE = 48;

export interface MixedPart {
  /** Modules that get the same form. */
  readonly modules: readonly string[];
  readonly bits: number;
  readonly groupSize: number;
  readonly symmetric: boolean;
  readonly bytes: number;
  /** Divergence from the source, in nats a token, when this part alone is rounded in the probe's form. */
  readonly sensitivity: number;
  /** Expected divergence in the chosen form. */
  readonly loss: number;
}

interface Part {
  readonly modules: readonly string[];
  readonly specs: readonly LinearSpec[];
  readonly table: boolean;
}

/**
 * @param budget bytes of the whole model, graph included
 * @throws UserError arguments/incompatible where even four bits in large groups are too big
 */
export async function chooseMixed(
  model: Model,
  parts: ModelParts,
  budget: number,
  text: readonly Int32Array[],
  options: WalkOptions & {
    /** Also forms that are smaller in the file than in memory. */
    readonly packed: boolean;
    readonly onPart?: (done: number, total: number) => void;
  },
): Promise<{ readonly formats: Formats; readonly parts: readonly MixedPart[] }> {
  const list = partsOf(await LayerWalk.open(model, [text[0].subarray(0, 2)], options), parts);
  const plain = new PlainRounder(model, new Map(), { method: 'rtn', damp: 0, activationOrder: false });
  const probes = list.map(({ modules, specs }) => async () => {
    const replaced = new Map<string, Float32Array>();
    for (const [i, module] of modules.entries()) {
      const { inputs, outputs, layout } = specs[i];
      const rounded = roundTo(await plain.matrix(module, specs[i]), outputs, inputs, PROBE);
      replaced.set(`${module}.weight`, layout === 'in-out' ? transpose(rounded, outputs, inputs) : rounded);
    }
    return replaced;
  });
  const onPart = (done: number) => options.onPart?.(done, list.length);
  const sensitivities = await divergences(model, text[0], probes, { ...options, onPart });
  const choices: Choice<BlockOptions>[][] = [];
  for (const [i, part] of list.entries())
    choices.push(await choicesOf(plain, part, sensitivities[i], gridsFor(options.packed)));
  const chosen = solveBudget(choices, budget - fixedBytes(model, list));
  if (!chosen) {
    const least = choices.reduce((sum, all) => sum + Math.min(...all.map(({ bytes }) => bytes)), 0);
    const kilobytes = Math.ceil((least + fixedBytes(model, list)) / 1e3);
    throw new UserError('arguments/incompatible', `this model needs at least ${kilobytes}kB: raise --target-size`);
  }
  const formats = new Map<string, LinearFormat>();
  list.forEach(({ modules }, i) => {
    const { bits, groupSize, symmetric } = chosen[i].form;
    for (const module of modules) {
      formats.set(module, {
        kind: 'blocks',
        bits,
        blockSize: groupSize,
        zeroPoints: !symmetric,
        scales: 'float16',
        accuracyLevel: 4,
      });
    }
  });
  const report = list.map(({ modules }, i) => {
    const { form, bytes, loss } = chosen[i];
    const { bits, groupSize, symmetric } = form;
    return { modules, bits, groupSize, symmetric, bytes, sensitivity: sensitivities[i], loss };
  });
  return { formats, parts: report };
}

/** Linear layers that read the same input share a form: they are multiplied at once. */
function partsOf(walk: LayerWalk, { linears, embedding, head }: ModelParts): Part[] {
  const list: Part[] = walk.layers.flatMap(({ groups }) =>
    groups.map(({ modules }) => ({ modules, specs: modules.map((module) => linears.get(module)!), table: false })),
  );
  const table = { inputs: head.width, outputs: head.vocabulary };
  list.push({ modules: [embedding], specs: [table], table: true });
  if (head.name !== embedding) list.push({ modules: [head.name], specs: [table], table: false });
  return list;
}

async function choicesOf(
  plain: PlainRounder,
  part: Part,
  sensitivity: number,
  grids: readonly BlockOptions[],
): Promise<Choice<BlockOptions>[]> {
  const samples: { readonly values: Float32Array; readonly columns: number; readonly rows: number }[] = [];
  for (const [i, module] of part.modules.entries()) {
    const { inputs: columns, outputs } = part.specs[i];
    const matrix = await plain.matrix(module, part.specs[i]);
    const rows = Math.min(outputs, SAMPLE);
    const values = new Float32Array(rows * columns);
    for (let r = 0; r < rows; r++) {
      const from = Math.floor((r * outputs) / rows) * columns;
      values.set(matrix.subarray(from, from + columns), r * columns);
    }
    samples.push({ values, columns, rows });
  }
  const errorOf = (grid: BlockOptions) =>
    samples.reduce((sum, { values, columns, rows }) => {
      const rounded = roundTo(values, rows, columns, grid);
      return sum + rounded.reduce((error, v, i) => error + (v - values[i]) ** 2, 0);
    }, 0);
  const reference = errorOf(PROBE);
  return grids
    .filter(({ groupSize }) => !part.table || part.specs[0].inputs % groupSize === 0)
    .map((form) => ({
      form,
      bytes: part.specs.reduce((sum, spec) => sum + bytesOf(spec, form), 0),
      loss: reference > 0 ? (sensitivity * errorOf(form)) / reference : 0,
    }));
}

function roundTo(weights: Float32Array, rows: number, columns: number, grid: BlockOptions): Float32Array {
  const choose = (begin: number, end: number) => searchGrid(weights, begin, end, grid.bits, grid.symmetric);
  return dequantizeBlocks(quantizeWith(weights, rows, columns, grid, choose), rows, columns, grid);
}

/** Codes, scales and zero points, each on a cache line of its own, and how the graph reads them. */
export function bytesOf({ inputs, outputs }: LinearSpec, { bits, groupSize, symmetric, halfScales }: BlockOptions) {
  const groups = Math.ceil(inputs / groupSize);
  const zeros = symmetric ? 0 : Math.ceil((groups * containerOf(bits)) / 8);
  const scales = (halfScales ? 2 : 4) * groups;
  const planes = planesOf(bits).length;
  return outputs * ((groups * groupSize * bits) / 8 + scales + zeros) + 64 * (3 + planes) + 900 * planes;
}

/** What is not rounded, and the graph with its rotary tables. */
function fixedBytes(model: Model, list: readonly Part[]): number {
  const rounded = new Set(list.flatMap(({ modules }) => modules.map((module) => `${module}.weight`)));
  const floats = model.weightSpecs
    .filter(({ name }) => !rounded.has(name))
    .reduce((sum, { shape }) => sum + 64 + 4 * shape.reduce((a, b) => a * b, 1), 0);
  const { maxLength, headDim } = model.config;
  const tables = 4 * maxLength * headDim;
  return floats + tables + 1024 * model.weightSpecs.length;
}
