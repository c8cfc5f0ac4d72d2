/** Where the values of a classifier's weights come from: trained ones, first ones of a new head, or the model's files. */
import { readFloats } from '../../models/weights/constants.ts';
import type { Classifier } from './classifier.ts';

export type Values = ReadonlyMap<string, Float32Array<ArrayBuffer>>;

export function headValues(
  { model, fresh }: Classifier,
  trained?: Values,
): (name: string) => Promise<Float32Array<ArrayBuffer>> {
  return async (name) =>
    trained?.get(name) ??
    fresh.get(name) ??
    ((await readFloats(model.weights.get(name)!)) as Float32Array<ArrayBuffer>);
}
