/** Inputs that the cases are made of. */
import type { Shape } from '../../../app/tensor/dims.ts';
import type { DType } from '../../../app/tensor/dtype.ts';
import type { CaseInput } from '../op-harness.ts';

/** Floats in [low, high], none within 0.1 of 0, where many slopes jump. */
export function floats(shape: Shape, low = -2, high = 2, dtype: DType = 'float32'): CaseInput {
  const away = (v: number) => (Math.abs(v) < 0.1 ? v + (v < 0 ? -0.1 : 0.1) : v);
  const values = (count: number, random: () => number) =>
    Array.from({ length: count }, () => away(low + (high - low) * random()));
  return { dtype, shape, values };
}

export const given = (shape: Shape, values: readonly number[], dtype: DType = 'float32'): CaseInput => ({
  dtype,
  shape,
  values: () => values,
});

/** Integers from 0 to before `limit`. */
export const integers = (shape: Shape, limit: number, dtype: DType = 'int64'): CaseInput => ({
  dtype,
  shape,
  values: (count, random) => Array.from({ length: count }, () => Math.floor(limit * random())),
});

export const fixed = (input: CaseInput): CaseInput => ({ ...input, constant: true });

/** A constant vector of int64: axes, sizes, bounds. */
export const vector = (...values: number[]): CaseInput => fixed(given([values.length], values, 'int64'));

export const bools = (shape: Shape): CaseInput => integers(shape, 2, 'bool');

export const positive = (shape: Shape): CaseInput => floats(shape, 0.2, 3);
