/** The shape rule that all elementwise operators of two or more inputs share. */
import { broadcastShapes } from '../dims.ts';
import type { DType } from '../dtype.ts';
import type { TensorType, Value } from '../graph.ts';

export function broadcastType(inputs: readonly Value[], dtype: DType = inputs[0].dtype): readonly TensorType[] {
  const shape = broadcastShapes(...inputs.map((x) => x.shape));
  if (!shape) throw new Error(`shapes ${inputs.map((x) => `[${x.shape}]`).join(' and ')} do not broadcast`);
  return [{ dtype, shape }];
}
