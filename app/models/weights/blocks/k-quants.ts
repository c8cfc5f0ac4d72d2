/**
 * The 256-element "k" formats: float16 super-scales over small integer scales of 16- or 32-element groups. Every product of
 * scale, group scale and code fits in a double exactly, so only the store rounds, as in llama.cpp.
 */
import type { BlockFormat } from './block-format.ts';
import { FLOAT16 } from './float16-table.ts';
import { writeQ2K, writeQ3K, writeQ4K, writeQ5K, writeQ6K } from './k-writers.ts';

const BLOCK = 256;

const scaleAt = (source: Uint8Array, at: number): number => FLOAT16[source[at] | (source[at + 1] << 8)];

const scales = new Uint8Array(8);
const minima = new Uint8Array(8);

/** Eight 6-bit scales and eight 6-bit minima out of 12 bytes (Q4_K, Q5_K). */
function unpackScales(source: Uint8Array, at: number): void {
  for (let i = 0; i < 4; i++) {
    const scale = source[at + i];
    const minimum = source[at + 4 + i];
    const both = source[at + 8 + i];
    scales[i] = scale & 63;
    minima[i] = minimum & 63;
    scales[i + 4] = (both & 15) | ((scale >>> 2) & 48);
    minima[i + 4] = (both >>> 4) | ((minimum >>> 2) & 48);
  }
}

/** 16 scale bytes (low nibble scale, high nibble minimum), 64 bytes of 2-bit codes, super-scale, super-minimum. */
export const q2_k: BlockFormat = {
  elements: BLOCK,
  bytes: 84,
  encode: writeQ2K,
  decode(source, target) {
    for (let at = 0, to = 0; at < source.length; at += 84, to += BLOCK) {
      const d = scaleAt(source, at + 80);
      const superMinimum = scaleAt(source, at + 82);
      for (let group = 0; group < 16; group++) {
        const byte = source[at + group];
        const scale = d * (byte & 15);
        const minimum = superMinimum * (byte >>> 4);
        const shift = ((group >>> 1) & 3) * 2;
        const codes = at + 16 + (group >>> 3) * 32 + (group & 1) * 16;
        for (let i = 0; i < 16; i++)
          target[to + group * 16 + i] = scale * ((source[codes + i] >>> shift) & 3) - minimum;
      }
    }
  },
};

const signedScales = new Int8Array(16);

/** 32 bytes of third bits, 64 bytes of low bits, 12 bytes of 6-bit scales (offset 32), super-scale. */
export const q3_k: BlockFormat = {
  elements: BLOCK,
  bytes: 110,
  encode: writeQ3K,
  decode(source, target) {
    for (let at = 0, to = 0; at < source.length; at += 110, to += BLOCK) {
      const d = scaleAt(source, at + 108);
      for (let i = 0; i < 16; i++) {
        const low = (source[at + 96 + (i & 7)] >>> (i < 8 ? 0 : 4)) & 15;
        const high = (source[at + 104 + (i & 3)] >>> ((i >>> 2) * 2)) & 3;
        signedScales[i] = (low | (high << 4)) - 32;
      }
      for (let group = 0; group < 16; group++) {
        const scale = d * signedScales[group];
        const shift = ((group >>> 1) & 3) * 2;
        const bit = group >>> 1;
        const half = (group & 1) * 16;
        const codes = at + 32 + (group >>> 3) * 32 + half;
        for (let i = 0; i < 16; i++) {
          // A set third bit means no offset.
          const offset = ((source[at + half + i] >>> bit) & 1) === 1 ? 0 : 4;
          target[to + group * 16 + i] = scale * (((source[codes + i] >>> shift) & 3) - offset);
        }
      }
    }
  },
};

/** Super-scale, super-minimum, 12 bytes of scales and minima, 128 bytes of nibbles. */
export const q4_k: BlockFormat = {
  elements: BLOCK,
  bytes: 144,
  encode: writeQ4K,
  decode(source, target) {
    for (let at = 0, to = 0; at < source.length; at += 144, to += BLOCK) {
      const d = scaleAt(source, at);
      const superMinimum = scaleAt(source, at + 2);
      unpackScales(source, at + 4);
      for (let pair = 0; pair < 4; pair++) {
        const codes = at + 16 + pair * 32;
        const out = to + pair * 64;
        const scale = d * scales[2 * pair];
        const minimum = superMinimum * minima[2 * pair];
        const upperScale = d * scales[2 * pair + 1];
        const upperMinimum = superMinimum * minima[2 * pair + 1];
        for (let i = 0; i < 32; i++) {
          const byte = source[codes + i];
          target[out + i] = scale * (byte & 15) - minimum;
          target[out + 32 + i] = upperScale * (byte >>> 4) - upperMinimum;
        }
      }
    }
  },
};

/** As Q4_K, with 32 bytes of fifth bits before the nibbles. */
export const q5_k: BlockFormat = {
  elements: BLOCK,
  bytes: 176,
  encode: writeQ5K,
  decode(source, target) {
    for (let at = 0, to = 0; at < source.length; at += 176, to += BLOCK) {
      const d = scaleAt(source, at);
      const superMinimum = scaleAt(source, at + 2);
      unpackScales(source, at + 4);
      for (let pair = 0; pair < 4; pair++) {
        const codes = at + 48 + pair * 32;
        const out = to + pair * 64;
        const scale = d * scales[2 * pair];
        const minimum = superMinimum * minima[2 * pair];
        const upperScale = d * scales[2 * pair + 1];
        const upperMinimum = superMinimum * minima[2 * pair + 1];
        for (let i = 0; i < 32; i++) {
          const byte = source[codes + i];
          const fifths = source[at + 16 + i] >>> (2 * pair);
          target[out + i] = scale * ((byte & 15) | ((fifths & 1) << 4)) - minimum;
          target[out + 32 + i] = upperScale * ((byte >>> 4) | ((fifths & 2) << 3)) - upperMinimum;
        }
      }
    }
  },
};

/** 128 bytes of low nibbles, 64 bytes of two high bits each, 16 signed scales, super-scale. */
export const q6_k: BlockFormat = {
  elements: BLOCK,
  bytes: 210,
  encode: writeQ6K,
  decode(source, target) {
    for (let at = 0, to = 0; at < source.length; at += 210, to += BLOCK) {
      const d = scaleAt(source, at + 208);
      for (let half = 0; half < 2; half++) {
        const low = at + half * 64;
        const high = at + 128 + half * 32;
        const scale = at + 192 + half * 8;
        const out = to + half * 128;
        for (let i = 0; i < 32; i++) {
          const group = scale + (i >>> 4);
          const bits = source[high + i];
          const first = source[low + i];
          const second = source[low + 32 + i];
          target[out + i] = d * ((source[group] << 24) >> 24) * (((first & 15) | ((bits & 3) << 4)) - 32);
          target[out + 32 + i] = d * ((source[group + 2] << 24) >> 24) * (((second & 15) | ((bits & 12) << 2)) - 32);
          target[out + 64 + i] = d * ((source[group + 4] << 24) >> 24) * (((first >>> 4) | (bits & 48)) - 32);
          target[out + 96 + i] = d * ((source[group + 6] << 24) >> 24) * (((second >>> 4) | ((bits & 192) >>> 2)) - 32);
        }
      }
    }
  },
};
