/** How stored bytes become float32: a block size and a loop, the same for plain types and for quantized ones. */

export interface Codec {
  /** Elements in one block (1 for plain types). */
  readonly elements: number;
  /** Bytes of one block. */
  readonly bytes: number;
  /** Decodes whole blocks; `source` begins at a multiple of 8 bytes in its buffer. */
  decode(source: Uint8Array, target: Float32Array): void;
}
