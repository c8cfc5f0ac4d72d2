/**
 * The 32-element block formats: one scale, in the _1 formats also a minimum, both float16. In a block, byte i of the nibbles
 * holds element i (low) and element i + 16 (high); the 5-bit formats keep the fifth bits in one 32-bit word.
 * Products of a float16 scale and a small integer are exact in double precision, so only the store rounds, as in llama.cpp.
 */
import { toFloat16 } from '../../../tensor/half.ts';
import type { BlockFormat } from './block-format.ts';
import { codeAbove, codeCentred, fitAbove, fitCentred } from './fit-grid.ts';
import { FLOAT16 } from './float16-table.ts';
import { Group, type Weights } from './group.ts';

const BLOCK = 32;
const f = Math.fround;

/** 1/d as float32, and 0 where the block is flat. */
const reciprocal = (d: number): number => (d === 0 ? 0 : f(1 / d));

/** The value of largest magnitude, the first of equals, with its sign. */
function signedMaximum(source: Float32Array, at: number): number {
  let largest = 0;
  let value = 0;
  for (let i = at; i < at + BLOCK; i++) {
    const magnitude = Math.abs(source[i]);
    if (magnitude > largest) {
      largest = magnitude;
      value = source[i];
    }
  }
  return value;
}

function putFloat16(target: Uint8Array, at: number, value: number): void {
  const bits = toFloat16(value);
  target[at] = bits;
  target[at + 1] = bits >>> 8;
}

/** Fills the nibbles at `at` and returns the word of the fifth bits. */
function putCodes(target: Uint8Array, at: number, codes: Uint8Array): number {
  let high = 0;
  for (let i = 0; i < 16; i++) {
    const low = codes[i];
    const upper = codes[i + 16];
    target[at + i] = (low & 15) | ((upper & 15) << 4);
    high |= ((low >>> 4) << i) | ((upper >>> 4) << (i + 16));
  }
  return high;
}

function putWord(target: Uint8Array, at: number, word: number): void {
  for (let i = 0; i < 4; i++) target[at + i] = word >>> (8 * i);
}

const codes = new Uint8Array(BLOCK);

const group = new Group(BLOCK);

/** Codes around a middle on the scale of the least error. */
function encodeCentred(source: Float32Array, from: number, levels: number, weights: Weights): number {
  group.load(source, from, weights);
  const d = FLOAT16[toFloat16(fitCentred(group, levels))];
  for (let i = 0; i < BLOCK; i++) codes[i] = codeCentred(source[from + i], d, levels);
  return d;
}

/** Codes above a minimum on the grid of the least error. */
function encodeAbove(source: Float32Array, from: number, levels: number, weights: Weights) {
  group.load(source, from, weights);
  const fit = fitAbove(group, levels, true);
  const [d, minimum] = [FLOAT16[toFloat16(fit.scale)], FLOAT16[toFloat16(fit.minimum)]];
  for (let i = 0; i < BLOCK; i++) codes[i] = codeAbove(source[from + i], d, minimum, levels);
  return [d, -minimum] as const;
}

const scaleAt = (source: Uint8Array, at: number): number => FLOAT16[source[at] | (source[at + 1] << 8)];

const wordAt = (source: Uint8Array, at: number): number =>
  source[at] | (source[at + 1] << 8) | (source[at + 2] << 16) | (source[at + 3] << 24);

export const q4_0: BlockFormat = {
  elements: BLOCK,
  bytes: 18,
  decode(source, target) {
    for (let at = 0, to = 0; at < source.length; at += 18, to += BLOCK) {
      const d = scaleAt(source, at);
      for (let i = 0; i < 16; i++) {
        const byte = source[at + 2 + i];
        target[to + i] = d * ((byte & 15) - 8);
        target[to + 16 + i] = d * ((byte >>> 4) - 8);
      }
    }
  },
  encode(source, target, weights) {
    for (let at = 0, from = 0; from < source.length; at += 18, from += BLOCK) {
      const by = encodeCentred(source, from, 16, weights);
      putFloat16(target, at, by);
      putCodes(target, at + 2, codes);
    }
  },
};

export const q4_1: BlockFormat = {
  elements: BLOCK,
  bytes: 20,
  decode(source, target) {
    for (let at = 0, to = 0; at < source.length; at += 20, to += BLOCK) {
      const d = scaleAt(source, at);
      const minimum = scaleAt(source, at + 2);
      for (let i = 0; i < 16; i++) {
        const byte = source[at + 4 + i];
        target[to + i] = d * (byte & 15) + minimum;
        target[to + 16 + i] = d * (byte >>> 4) + minimum;
      }
    }
  },
  encode(source, target, weights) {
    for (let at = 0, from = 0; from < source.length; at += 20, from += BLOCK) {
      const [d, minimum] = encodeAbove(source, from, 16, weights);
      putFloat16(target, at, d);
      putFloat16(target, at + 2, minimum);
      putCodes(target, at + 4, codes);
    }
  },
};

export const q5_0: BlockFormat = {
  elements: BLOCK,
  bytes: 22,
  decode(source, target) {
    for (let at = 0, to = 0; at < source.length; at += 22, to += BLOCK) {
      const d = scaleAt(source, at);
      const high = wordAt(source, at + 2);
      for (let i = 0; i < 16; i++) {
        const byte = source[at + 6 + i];
        target[to + i] = d * (((byte & 15) | (((high >>> i) & 1) << 4)) - 16);
        target[to + 16 + i] = d * (((byte >>> 4) | (((high >>> (i + 16)) & 1) << 4)) - 16);
      }
    }
  },
  encode(source, target, weights) {
    for (let at = 0, from = 0; from < source.length; at += 22, from += BLOCK) {
      const by = encodeCentred(source, from, 32, weights);
      putFloat16(target, at, by);
      putWord(target, at + 2, putCodes(target, at + 6, codes));
    }
  },
};

export const q5_1: BlockFormat = {
  elements: BLOCK,
  bytes: 24,
  decode(source, target) {
    for (let at = 0, to = 0; at < source.length; at += 24, to += BLOCK) {
      const d = scaleAt(source, at);
      const minimum = scaleAt(source, at + 2);
      const high = wordAt(source, at + 4);
      for (let i = 0; i < 16; i++) {
        const byte = source[at + 8 + i];
        target[to + i] = d * ((byte & 15) | (((high >>> i) & 1) << 4)) + minimum;
        target[to + 16 + i] = d * ((byte >>> 4) | (((high >>> (i + 16)) & 1) << 4)) + minimum;
      }
    }
  },
  encode(source, target, weights) {
    for (let at = 0, from = 0; from < source.length; at += 24, from += BLOCK) {
      const [d, minimum] = encodeAbove(source, from, 32, weights);
      putFloat16(target, at, d);
      putFloat16(target, at + 2, minimum);
      putWord(target, at + 4, putCodes(target, at + 8, codes));
    }
  },
};

export const q8_0: BlockFormat = {
  elements: BLOCK,
  bytes: 34,
  decode(source, target) {
    for (let at = 0, to = 0; at < source.length; at += 34, to += BLOCK) {
      const d = scaleAt(source, at);
      for (let i = 0; i < BLOCK; i++) target[to + i] = d * ((source[at + 2 + i] << 24) >> 24);
    }
  },
  encode(source, target) {
    for (let at = 0, from = 0; from < source.length; at += 34, from += BLOCK) {
      const d = f(Math.abs(signedMaximum(source, from)) / 127);
      const inverse = reciprocal(d);
      putFloat16(target, at, d);
      for (let i = 0; i < BLOCK; i++) {
        const value = f(source[from + i] * inverse);
        // Half away from zero, unlike Math.round.
        target[at + 2 + i] = value < 0 ? -Math.floor(0.5 - value) : Math.floor(value + 0.5);
      }
    }
  },
};
