/** GPTQ: rounding column by column, each error made good by the columns that are still to be rounded. */
import { dampedFactor } from '../../tensor/cholesky.ts';
import { pushErrors } from '../../tensor/push-errors.ts';
import { searchGrid } from './grid-search.ts';
import { type BlockOptions, BlockWriter, codeOf, type Grid, gridOf, type QuantizedBlocks, storable } from './rtn.ts';

export interface GptqOptions extends BlockOptions {
  /** Added to the diagonal of the Hessian, times its mean. */
  readonly damp: number;
  /** Round the columns with the largest activations first; the grids then come from the weights as they were. */
  readonly activationOrder: boolean;
  /** Look for the scale with the least weighted error instead of taking the one that reaches the extremes. */
  readonly search: boolean;
}

const BLOCK = 128;

/**
 * Rounds column by column, pushing each error onto the columns still unrounded (Frantar et al. 2022, Algorithm 1).
 * Inputs that never fired in the calibration text are rounded to nearest (the authors set their weights to zero, which
 * costs as little on that text and more on others).
 * @param weights [rows, columns] row-major; not changed
 * @param hessian [columns, columns], proportional to the sum of x xᵀ over calibration tokens; not changed
 */
export function gptq(
  weights: Float32Array,
  rows: number,
  columns: number,
  hessian: Float64Array,
  options: GptqOptions,
): QuantizedBlocks {
  const { bits, groupSize, symmetric } = options;
  const { order, factor, diagonal } = dampedFactor(
    hessian,
    columns,
    options.damp,
    options.activationOrder ? (diagonal, order) => order.sort((a, b) => diagonal[b] - diagonal[a] || a - b) : undefined,
  );
  const groups = Math.ceil(columns / groupSize);
  const writer = new BlockWriter(rows, groups, options);
  const gridFor = (values: Float64Array, begin: number, end: number): Grid =>
    storable(
      options.search
        ? searchGrid(values, begin, end, bits, symmetric, diagonal, begin)
        : gridOf(values, begin, end, bits, symmetric),
      options,
    );
  const block = groupSize >= columns ? BLOCK : Math.max(BLOCK, groupSize);
  // Grids are made when the group's first column is reached, or, in another order, beforehand.
  const scales = new Float64Array(rows * groups);
  const zeros = new Uint8Array(rows * groups);
  const setGrid = (row: number, group: number, { scale, zeroPoint }: Grid) => {
    scales[row * groups + group] = scale;
    zeros[row * groups + group] = zeroPoint;
    writer.setGrid(row, group, { scale, zeroPoint });
  };
  const work = new Float64Array(rows * columns);
  const plain = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < columns; j++) plain[j] = weights[row * columns + j];
    for (let j = 0; j < columns; j++) work[row * columns + j] = plain[order[j]];
    if (!options.activationOrder) continue;
    for (let group = 0; group < groups; group++) {
      setGrid(row, group, gridFor(plain, group * groupSize, Math.min(columns, (group + 1) * groupSize)));
    }
  }
  const errors = new Float64Array(rows * block);
  for (let begin = 0; begin < columns; begin += block) {
    const end = Math.min(columns, begin + block);
    for (let row = 0; row < rows; row++) {
      const at = row * columns;
      for (let c = begin; c < end; c++) {
        const column = order[c];
        const group = Math.floor(column / groupSize);
        if (!options.activationOrder && c % groupSize === 0) {
          const grid = gridFor(work.subarray(at, at + columns), c, Math.min(columns, c + groupSize));
          setGrid(row, group, grid);
        }
        const scale = scales[row * groups + group];
        const zero = zeros[row * groups + group];
        const code = scale === 0 ? zero : codeOf(work[at + c], Math.fround(1 / scale), zero, bits);
        writer.setCode(row, group, column - group * groupSize, code);
        const error = (work[at + c] - (code - zero) * scale) / factor[c * columns + c];
        errors[row * block + c - begin] = error;
        const u = c * columns;
        for (let j = c + 1; j < end; j++) work[at + j] -= error * factor[u + j];
      }
    }
    pushErrors(work, errors, factor, rows, columns, begin, end, block);
  }
  pad(writer, rows, columns, groupSize, groups, zeros);
  return writer.finish();
}

function pad(
  writer: BlockWriter,
  rows: number,
  columns: number,
  groupSize: number,
  groups: number,
  zeros: Uint8Array,
): void {
  for (let row = 0; row < rows; row++) {
    for (let i = columns - (groups - 1) * groupSize; i < groupSize; i++) {
      writer.setCode(row, groups - 1, i, zeros[row * groups + groups - 1]);
    }
  }
}
