/** Which scale (and zero point) belongs to an element: the rule that QuantizeLinear and DequantizeLinear share. */
import { stridesOf } from './evaluate.ts';

export function parameterPlaces(
  shape: readonly number[],
  scale: readonly number[],
  attrs: { readonly axis: number; readonly block_size: number },
): (index: readonly number[]) => number {
  const axis = attrs.axis < 0 ? attrs.axis + shape.length : attrs.axis;
  if (scale.length === 0 || (scale.length === 1 && scale[0] === 1)) return () => 0;
  if (attrs.block_size === 0) return (index) => index[axis];
  const strides = stridesOf(scale);
  return (index) =>
    index.reduce((at, k, i) => at + strides[i] * (i === axis ? Math.floor(k / attrs.block_size) : k), 0);
}
