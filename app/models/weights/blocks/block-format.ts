/** A quantized block format: its codec and, for those we also write, the quantizer. */
import type { Codec } from '../codec.ts';

export interface BlockFormat extends Codec {
  /** Quantizes whole blocks of finite values. Absent where we only read the format. */
  encode?(source: Float32Array, target: Uint8Array): void;
}
