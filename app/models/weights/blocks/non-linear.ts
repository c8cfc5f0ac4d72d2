/** The 4-bit formats whose codes index a fixed table of uneven levels instead of even steps: IQ4_NL and IQ4_XS. */
import type { BlockFormat } from './block-format.ts';
import { FLOAT16 } from './float16-table.ts';

/** Part of the format: the sixteen levels, finer around zero. */
const LEVELS = Int8Array.of(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

const scaleAt = (source: Uint8Array, at: number): number => FLOAT16[source[at] | (source[at + 1] << 8)];

/** Blocks of 32: float16 scale, 16 bytes of nibbles. */
export const iq4_nl: BlockFormat = {
  elements: 32,
  bytes: 18,
  decode(source, target) {
    for (let at = 0, to = 0; at < source.length; at += 18, to += 32) {
      const d = scaleAt(source, at);
      for (let i = 0; i < 16; i++) {
        const byte = source[at + 2 + i];
        target[to + i] = d * LEVELS[byte & 15];
        target[to + 16 + i] = d * LEVELS[byte >>> 4];
      }
    }
  },
};

/** Blocks of 256: float16 super-scale, eight 6-bit scales (2 high bits in a word, 4 low bits in nibbles), 128 bytes of nibbles. */
export const iq4_xs: BlockFormat = {
  elements: 256,
  bytes: 136,
  decode(source, target) {
    for (let at = 0, to = 0; at < source.length; at += 136, to += 256) {
      const d = scaleAt(source, at);
      const high = source[at + 2] | (source[at + 3] << 8);
      for (let group = 0; group < 8; group++) {
        const low = (source[at + 4 + (group >>> 1)] >>> ((group & 1) * 4)) & 15;
        const scale = d * ((low | (((high >>> (2 * group)) & 3) << 4)) - 32);
        const codes = at + 8 + group * 16;
        const out = to + group * 32;
        for (let i = 0; i < 16; i++) {
          const byte = source[codes + i];
          target[out + i] = scale * LEVELS[byte & 15];
          target[out + 16 + i] = scale * LEVELS[byte >>> 4];
        }
      }
    }
  },
};
