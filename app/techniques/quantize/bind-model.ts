/** Runs of a model over whole windows with weights that stay where they lie. */
import type { Model } from '../../models/model.ts';
import type { Binding, Session } from '../../runtime/session.ts';
import { int64, type Tensor, tensor } from '../../tensor/tensor.ts';

/** Values of weights by their names. */
export type Weights = ReadonlyMap<string, Float32Array>;

/** A binding that reads all weights where they lie. */
export function bindWeights(session: Session, model: Model, values: Weights): Binding {
  const binding = session.bind();
  for (const name of session.inputs) {
    const found = values.get(name);
    if (found) binding.input(name, tensor('float32', model.weights.get(name)!.shape, found));
  }
  return binding;
}

/** @param windows of one length @param asked how many tokens of each, from its first, are predicted from (default: all) */
export function bindBatch(
  session: Session,
  binding: Binding,
  windows: readonly Int32Array[],
  asked = windows[0].length,
): Binding {
  const { length } = windows[0];
  const shape = [windows.length, length];
  const ids = windows.flatMap((window) => [...window]);
  const places = [...ids.keys()];
  const rows = places.filter((i) => i % length < asked);
  const inputs: Record<string, Tensor> = {
    input_ids: int64(shape, ids),
    position_ids: int64(
      shape,
      places.map((i) => i % length),
    ),
    segment_ids: int64(shape, new Array<number>(ids.length).fill(1)),
    rows: int64([rows.length], rows),
  };
  for (const [name, value] of Object.entries(inputs)) if (session.inputs.includes(name)) binding.input(name, value);
  return binding;
}
