/** Fits the gate of an exit: how sure the exit will be, as a linear function of the hidden state, by ridge regression. */
import type { Gate } from '../../generate/exit-gate.ts';
import { fitRidge } from './ridge.ts';

/**
 * @param x float32 [tokens, width] of unit root mean square
 * @param confidence of the exit for each token
 */
export async function fitGate(
  x: Float32Array,
  confidence: Float32Array,
  width: number,
  threads?: number,
): Promise<Gate> {
  const { weight, bias } = await fitRidge(x, confidence, width, threads, 1);
  return { weight, bias: bias[0] };
}
