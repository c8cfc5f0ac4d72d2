/** Small pieces that the operators' reference arithmetic is made of: broadcasting loops, strides, index walks. */
import { broadcastShapes } from '../dims.ts';
import type { DType } from '../dtype.ts';
import type { Doubles } from '../op.ts';
import { sizeOf } from '../tensor.ts';

export const doubles = (dtype: DType, shape: readonly number[], data?: Float64Array): Doubles => ({
  dtype,
  shape,
  data: data ?? new Float64Array(sizeOf(shape)),
});

export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

/** Calls `visit` with every index of the shape, in row-major order; the array is reused. */
export function eachIndex(shape: readonly number[], visit: (index: readonly number[], flat: number) => void): void {
  const index = new Array<number>(shape.length).fill(0);
  const count = sizeOf(shape);
  for (let flat = 0; flat < count; flat++) {
    visit(index, flat);
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
}

/** Flat position in x of an index of the broadcast shape. */
export function broadcastOffset(x: Doubles, strides: readonly number[], index: readonly number[]): number {
  const shift = index.length - x.shape.length;
  let offset = 0;
  for (let i = 0; i < x.shape.length; i++) if (x.shape[i] !== 1) offset += strides[i] * index[i + shift];
  return offset;
}

export function mapUnary(x: Doubles, f: (x: number) => number, dtype: DType = x.dtype): Doubles[] {
  return [doubles(dtype, x.shape, x.data.map(f))];
}

/** Elementwise with broadcasting over any number of inputs. */
export function mapBroadcast(
  inputs: readonly Doubles[],
  f: (...values: number[]) => number,
  dtype: DType = inputs[0].dtype,
): Doubles[] {
  const shape = broadcastShapes(...inputs.map((x) => x.shape)) as number[];
  const strides = inputs.map((x) => stridesOf(x.shape));
  const out = doubles(dtype, shape);
  eachIndex(shape, (index, flat) => {
    out.data[flat] = f(...inputs.map((x, i) => x.data[broadcastOffset(x, strides[i], index)]));
  });
  return [out];
}

/** Splits a shape at an axis: how many blocks before it, its length, how many elements after it. */
export function aroundAxis(shape: readonly number[], axis: number): { outer: number; length: number; inner: number } {
  const at = axis < 0 ? axis + shape.length : axis;
  return { outer: sizeOf(shape.slice(0, at)), length: shape[at], inner: sizeOf(shape.slice(at + 1)) };
}
