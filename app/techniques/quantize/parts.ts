/** Parts of a model that get one form, what each form costs in bytes, and what it is expected to cost in divergence. */
import type { LinearSpec } from '../../models/architectures/kit.ts';
import { containerOf, planesOf } from '../../models/graphs/bit-planes.ts';
import type { LayerWalk } from '../../models/layer-walk.ts';
import { transpose } from '../../tensor/transpose-matrix.ts';
import type { Choice } from './budget.ts';
import { searchGrid } from './grid-search.ts';
import type { PlainRounder } from './rounder.ts';
import { type BlockOptions, quantizeWith } from './rtn.ts';
import { dequantizeBlocks } from './unpack.ts';
import type { ModelParts } from './write-tensors.ts';

/** The form whose divergence is measured; those of the others follow from their rounding errors. */
const PROBE: BlockOptions = { bits: 4, groupSize: 64, symmetric: true };
/** Rows that rounding errors are estimated from. */
const SAMPLE = 48;

export interface Part {
  readonly modules: readonly string[];
  readonly specs: readonly LinearSpec[];
  readonly table: boolean;
}

/** Linear layers that read the same input share a form: they are multiplied at once. */
export function partsOf(walk: LayerWalk, { linears, embedding, head }: ModelParts): Part[] {
  const list: Part[] = walk.layers.flatMap(({ groups }) =>
    groups.map(({ modules }) => ({ modules, specs: modules.map((module) => linears.get(module)!), table: false })),
  );
  const table = { inputs: head.width, outputs: head.vocabulary };
  list.push({ modules: [embedding], specs: [table], table: true });
  if (head.name !== embedding) list.push({ modules: [head.name], specs: [table], table: false });
  return list;
}

/** A part's weights in the probe's form, by name and as the file has them. */
export async function probeOf(plain: PlainRounder, { modules, specs }: Part): Promise<Map<string, Float32Array>> {
  const replaced = new Map<string, Float32Array>();
  for (const [i, module] of modules.entries()) {
    const { inputs, outputs, layout } = specs[i];
    const rounded = roundTo(await plain.matrix(module, specs[i]), outputs, inputs, PROBE);
    replaced.set(`${module}.weight`, layout === 'in-out' ? transpose(rounded, outputs, inputs) : rounded);
  }
  return replaced;
}

/** What a part may become. @param sensitivity its divergence in the probe's form */
export async function choicesOf(
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
export function bytesOf(
  { inputs, outputs }: Pick<LinearSpec, 'inputs' | 'outputs'>,
  { bits, groupSize, symmetric, halfScales }: BlockOptions,
) {
  const groups = Math.ceil(inputs / groupSize);
  const zeros = symmetric ? 0 : Math.ceil((groups * containerOf(bits)) / 8);
  const scales = (halfScales ? 2 : 4) * groups;
  const planes = planesOf(bits).length;
  return outputs * ((groups * groupSize * bits) / 8 + scales + zeros) + 64 * (3 + planes) + 900 * planes;
}
