/** A quantized block format: its codec and, for those we also write, the quantizer. */
import type { Codec } from '../codec.ts';

export interface BlockFormat extends Codec {
  /**
   * Quantizes whole blocks of finite values. Absent where we only read the format.
   * @param weights how much the error of each value counts; absent: all alike
   */
  encode?(source: Float32Array, target: Uint8Array, weights?: Float32Array): void;
}
