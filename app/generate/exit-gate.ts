/** A gate that says, without running a head, how sure an exit would be: one dot product with the hidden state. */

export interface Gate {
  /** float32 [width] */
  readonly weight: Float32Array;
  readonly bias: number;
}

/** What the exit's confidence is thought to be. @param hidden float32 [width], as the layer gives it */
export function gateScore(hidden: Float32Array, { weight, bias }: Gate): number {
  let square = 0;
  let sum = 0;
  for (let i = 0; i < hidden.length; i++) {
    square += hidden[i] * hidden[i];
    sum += hidden[i] * weight[i];
  }
  return sum / Math.sqrt(square / hidden.length + 1e-5) + bias;
}
