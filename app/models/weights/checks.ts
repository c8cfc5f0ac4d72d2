/** Checks that weights are usable: finite values, the shapes that a configuration asks for. */
import { UserError } from '../../contract/errors.ts';
import type { WeightSource } from './source.ts';

/** Whether every value is a number: x * 0 is NaN exactly for NaN and the infinities, and four sums keep the processor busy. */
export function allFinite(values: Float32Array): boolean {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const whole = values.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    a += values[i] * 0;
    b += values[i + 1] * 0;
    c += values[i + 2] * 0;
    d += values[i + 3] * 0;
  }
  for (let i = whole; i < values.length; i++) a += values[i] * 0;
  return a + b + c + d === 0;
}

/** @throws UserError weights/not-finite naming the tensor and the first bad place */
export function assertFinite(name: string, values: Float32Array): void {
  if (allFinite(values)) return;
  const at = values.findIndex((value) => !Number.isFinite(value));
  throw new UserError('weights/not-finite', `${name} holds ${values[at]} at element ${at}`);
}

/**
 * Checks that every expected tensor is there in its shape; tensors that nobody expects are left alone.
 * @throws UserError weights/missing, weights/wrong-shape
 */
export function assertShapes(source: WeightSource, expected: Iterable<readonly [string, readonly number[]]>): void {
  for (const [name, shape] of expected) {
    const found = source.tensors.get(name);
    if (!found) throw new UserError('weights/missing', `the weights have no tensor named ${name}`);
    if (found.shape.length !== shape.length || found.shape.some((size, i) => size !== shape[i]))
      throw new UserError(
        'weights/wrong-shape',
        `${name} is [${found.shape.join(', ')}], the configuration needs [${shape.join(', ')}]`,
      );
  }
}
