/** What pooling over all places of a channel shares: the type of the result, and the elements of one channel. */
import type { TensorType, Value } from '../graph.ts';
import type { Doubles } from '../op.ts';

export const globalPoolType = ({ inputs: [x] }: { readonly inputs: readonly Value[] }): TensorType[] => [
  { dtype: x.dtype, shape: [x.shape[0], x.shape[1], ...x.shape.slice(2).map(() => 1)] },
];

/** The axes behind batch and channels. */
export const poolPlaces = (x: Value): number[] => x.shape.slice(2).map((_, i) => i + 2);

/** Elements of the n-th channel, counted through the batch. */
export function placesOf(x: Doubles, channel: number): Float64Array {
  const size = x.shape.slice(2).reduce((a, b) => a * b, 1);
  return x.data.subarray(channel * size, (channel + 1) * size);
}
