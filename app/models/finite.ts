/** Weights must be numbers. */
import { UserError } from '../contract/errors.ts';

/** @throws UserError weights/not-finite */
export function assertFinite(values: Float32Array, name: string): void {
  for (let i = 0; i < values.length; i++) {
    // x - x is 0 for every finite x and NaN for the others.
    if (values[i] - values[i] !== 0) throw new UserError('weights/not-finite', `${name} holds ${values[i]} at ${i}`);
  }
}
