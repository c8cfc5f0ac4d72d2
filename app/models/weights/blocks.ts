/** Rounds a matrix to signed integers in blocks that share a scale: the grid that frozen weights are held on in training. */

export interface SignedBlocks {
  /** Row by row; 8 bits: a byte each, 4 bits: two a byte, the first in the low half, as two's complement. */
  readonly codes: Int8Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;
  /** [rows, columns / blockSize] */
  readonly scales: Float32Array<ArrayBuffer>;
}

/**
 * To nearest, the value of largest magnitude in a block on the outermost code, -2^(bits - 1): the scale may be negative.
 * @param values [rows, columns], columns divisible by `blockSize`
 */
export function roundToBlocks(values: Float32Array, bits: 4 | 8, blockSize: number): SignedBlocks {
  const least = -(2 ** (bits - 1));
  const most = -least - 1;
  const scales = new Float32Array(values.length / blockSize);
  const codes = bits === 8 ? new Int8Array(values.length) : new Uint8Array(values.length / 2);
  for (let block = 0, begin = 0; block < scales.length; block++, begin += blockSize) {
    let extreme = 0;
    for (let i = begin; i < begin + blockSize; i++) if (Math.abs(values[i]) > Math.abs(extreme)) extreme = values[i];
    scales[block] = extreme === 0 ? 0 : extreme / least;
    const inverse = extreme === 0 ? 0 : least / extreme;
    for (let i = begin; i < begin + blockSize; i++) {
      const code = Math.max(least, Math.min(most, Math.round(values[i] * inverse)));
      if (bits === 8) codes[i] = code;
      else codes[i >> 1] |= (code & 15) << (4 * (i & 1));
    }
  }
  return { codes, scales };
}

/** The floats that the codes stand for. */
export function readBlocks({ codes, scales }: SignedBlocks, bits: 4 | 8, blockSize: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(scales.length * blockSize);
  for (let i = 0; i < values.length; i++) {
    const code = bits === 8 ? codes[i] : (((codes[i >> 1] >> (4 * (i & 1))) & 15) << 28) >> 28;
    values[i] = code * scales[Math.floor(i / blockSize)];
  }
  return values;
}
