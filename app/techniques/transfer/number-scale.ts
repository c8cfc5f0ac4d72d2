/** Numbers to learn in units of their own spread: learnt as they are, large ones would take over and small ones be lost. */
import type { Classifier } from './classifier.ts';
import type { Target } from './objective.ts';
import { headValues, type Values } from './weight-values.ts';

export interface NumberScale {
  readonly centre: number;
  readonly spread: number;
}

/** A head without a bias cannot shift: there the centre stays zero. */
export function scaleOf(targets: readonly Target[], hasBias: boolean): NumberScale {
  const values = targets.map((target) => (target as Float32Array)[0]);
  const centre = hasBias ? values.reduce((a, b) => a + b, 0) / values.length : 0;
  const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / values.length);
  return { centre, spread: spread || 1 };
}

export const toScale = (targets: readonly Target[], { centre, spread }: NumberScale): Float32Array[] =>
  targets.map((target) => (target as Float32Array).map((value) => (value - centre) / spread));

/** The output layer's weights, so that it gives the numbers themselves. */
export async function fromScale(
  classifier: Classifier,
  values: Values,
  { centre, spread }: NumberScale,
): Promise<Map<string, Float32Array<ArrayBuffer>>> {
  const all = headValues(classifier, values);
  const result = new Map(values);
  const [weight, bias] = [`${classifier.outputLayer}.weight`, `${classifier.outputLayer}.bias`];
  result.set(
    weight,
    (await all(weight)).map((value) => value * spread),
  );
  if (classifier.head.includes(bias))
    result.set(
      bias,
      (await all(bias)).map((value) => value * spread + centre),
    );
  return result;
}
