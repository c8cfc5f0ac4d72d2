/** Weights must be numbers. */
import { UserError } from '../contract/errors.ts';

/** @throws UserError weights/not-finite */
export function assertFinite(values: Float32Array, name: string): void {
  // x - x is 0 for every finite x and NaN for the others, and NaN stays.
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] - values[i];
  if (sum === 0) return;
  const at = values.findIndex((value) => !Number.isFinite(value));
  throw new UserError('weights/not-finite', `${name} holds ${values[at]} at ${at}`);
}
