/** All block formats, by the names GGUF gives them. A new one is a new file or a line here. */
import type { BlockFormat } from './block-format.ts';
import { q2_k, q3_k, q4_k, q5_k, q6_k } from './k-quants.ts';
import { q4_0, q4_1, q5_0, q5_1, q8_0 } from './legacy.ts';
import { iq4_nl, iq4_xs } from './non-linear.ts';

export const BLOCK_FORMATS = {
  Q4_0: q4_0,
  Q4_1: q4_1,
  Q5_0: q5_0,
  Q5_1: q5_1,
  Q8_0: q8_0,
  Q2_K: q2_k,
  Q3_K: q3_k,
  Q4_K: q4_k,
  Q5_K: q5_k,
  Q6_K: q6_k,
  IQ4_NL: iq4_nl,
  IQ4_XS: iq4_xs,
} as const satisfies Record<string, BlockFormat>;

export type BlockType = keyof typeof BLOCK_FORMATS;

/** Block formats that we can write. */
export const WRITABLE_BLOCKS = [
  'Q4_0',
  'Q4_1',
  'Q5_0',
  'Q5_1',
  'Q8_0',
  'Q2_K',
  'Q3_K',
  'Q4_K',
  'Q5_K',
  'Q6_K',
  'IQ4_NL',
  'IQ4_XS',
] as const satisfies readonly BlockType[];
export type WritableBlock = (typeof WRITABLE_BLOCKS)[number];

/**
 * Quantizes row-major values whose rows are multiples of the block size. Errors of larger values count more, as the root of
 * their square and of the mean square around them.
 * @param importance of each column, such as the mean square of the input it meets: errors count that much more
 * @throws RangeError where they are not
 */
export function quantizeBlocks(type: WritableBlock, source: Float32Array, importance?: Float32Array): Uint8Array {
  const { elements, bytes, encode } = BLOCK_FORMATS[type] as Required<BlockFormat>;
  if (source.length % elements !== 0)
    throw new RangeError(`${source.length} values are not whole blocks of ${elements} (${type})`);
  // Whole rows or single blocks: what a row becomes may not depend on its neighbours.
  const stretch = importance?.length ?? elements;
  if (importance && (stretch % elements !== 0 || source.length % stretch !== 0))
    throw new RangeError(`rows of ${stretch} values are not whole blocks of ${elements} (${type})`);
  const target = new Uint8Array((source.length / elements) * bytes);
  const weights = new Float32Array(stretch);
  for (let from = 0; from < source.length; from += stretch) {
    const values = source.subarray(from, from + stretch);
    let sum = 0;
    for (const value of values) sum += value * value;
    const spread = sum / values.length;
    for (let i = 0; i < values.length; i++) {
      weights[i] = (importance ? importance[i] : 1) * Math.sqrt(spread + values[i] * values[i]);
    }
    const at = (from / elements) * bytes;
    encode(values, target.subarray(at, at + (values.length / elements) * bytes), weights);
  }
  return target;
}

export function dequantizeBlocks(type: BlockType, source: Uint8Array): Float32Array {
  const { elements, bytes, decode } = BLOCK_FORMATS[type];
  if (source.length % bytes !== 0) throw new RangeError(`${source.length} bytes are not whole blocks of ${bytes}`);
  const target = new Float32Array((source.length / bytes) * elements);
  decode(source, target);
  return target;
}
