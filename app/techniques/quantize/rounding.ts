/** How a matrix becomes codes: the methods behind one signature. */
import { assertNever } from '../../contract/errors.ts';
import type { InputStatistics } from '../../models/layer-walk.ts';
import { gptq } from './gptq.ts';
import { searchGrid } from './grid-search.ts';
import { quantizeHqq } from './hqq.ts';
import { type BlockOptions, type QuantizedBlocks, quantizeRtn, quantizeWith } from './rtn.ts';

export type RoundingMethod = 'rtn' | 'gptq' | 'awq' | 'hqq';

export interface RoundingOptions {
  readonly method: RoundingMethod;
  readonly damp: number;
  readonly activationOrder: boolean;
}

/**
 * @param weights [rows, columns] row-major
 * @param inputs what the layer is given; without it the calibrated methods round to nearest on searched scales
 */
export function roundMatrix(
  weights: Float32Array,
  rows: number,
  columns: number,
  grid: BlockOptions,
  { method, damp, activationOrder }: RoundingOptions,
  inputs: InputStatistics | undefined,
): QuantizedBlocks {
  switch (method) {
    case 'rtn':
      return quantizeRtn(weights, rows, columns, grid);
    case 'hqq':
      return quantizeHqq(weights, rows, columns, grid);
    case 'gptq':
      if (!inputs) break;
      return gptq(weights, rows, columns, inputs.gram, { ...grid, damp, activationOrder, search: true });
    case 'awq':
      break;
    default:
      return assertNever(method);
  }
  const { bits, symmetric, groupSize } = grid;
  const importance = inputs && Float64Array.from({ length: columns }, (_, i) => inputs.gram[i * columns + i] + 1e-12);
  return quantizeWith(weights, rows, columns, grid, (begin, end, group) =>
    searchGrid(weights, begin, end, bits, symmetric, importance, group * groupSize),
  );
}
