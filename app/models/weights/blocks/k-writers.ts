/**
 * Writing the 256-element "k" formats: the best grid of every group, its scales rounded to small integers under one
 * super-scale, each integer and the super-scale then tried anew against the error of the whole.
 */
import { toFloat16 } from '../../../tensor/half.ts';
import { codeAbove, codeCentred, errorAbove, errorCentred, fitAbove, fitCentred } from './fit-grid.ts';
import { FLOAT16 } from './float16-table.ts';
import { Group, type Weights } from './group.ts';

const BLOCK = 256;

const half = (value: number): number => FLOAT16[toFloat16(value)];

function putHalf(target: Uint8Array, at: number, value: number): void {
  const bits = toFloat16(value);
  target[at] = bits;
  target[at + 1] = bits >>> 8;
}

/** Groups of a block, by how many values each has. */
const GROUPS = {
  16: Array.from({ length: 16 }, () => new Group(16)),
  32: Array.from({ length: 8 }, () => new Group(32)),
} as const;

function loadGroups(size: 16 | 32, source: Float32Array, from: number, weights: Weights): readonly Group[] {
  const groups = GROUPS[size];
  for (let g = 0; g < groups.length; g++) groups[g].load(source, from + g * size, weights);
  return groups;
}

/** What the largest scale is tried as, in its own size: more than once pays where integers and codes are coarse. */
const sharesOf = (levels: number): readonly number[] => (levels <= 8 ? [1, 0.97, 1.04] : [1]);

interface AboveGrid {
  readonly d: number;
  readonly superMinimum: number;
  readonly scales: readonly number[];
  readonly minima: readonly number[];
}

interface AboveBlock extends AboveGrid {
  readonly codes: Uint8Array;
}

/** @param most largest integer of a scale or minimum */
function encodeAbove(
  source: Float32Array,
  from: number,
  size: 16 | 32,
  levels: number,
  most: number,
  weights: Weights,
): AboveBlock {
  const groups = loadGroups(size, source, from, weights);
  const fits = groups.map((group) => fitAbove(group, levels));
  let [scaleTop, minimumTop] = [0, 0];
  for (const { scale, minimum } of fits) {
    scaleTop = Math.max(scaleTop, scale);
    minimumTop = Math.max(minimumTop, minimum);
  }
  let best: AboveGrid | undefined;
  let least = Number.POSITIVE_INFINITY;
  const keep = (d: number, superMinimum: number): void => {
    let error = 0;
    const scales: number[] = [];
    const minima: number[] = [];
    for (let g = 0; g < groups.length && error < least; g++) {
      const near = nearest(groups[g], levels, fits[g], d, superMinimum, most);
      scales.push(near.scale);
      minima.push(near.minimum);
      error += near.error;
    }
    if (error >= least) return;
    least = error;
    best = { d, superMinimum, scales, minima };
  };
  for (const share of sharesOf(levels)) keep(half((share * scaleTop) / most), half((share * minimumTop) / most));
  const polished = refitSuper(groups, levels, best!);
  if (polished) keep(half(polished.d), half(polished.superMinimum));
  const { d, superMinimum, scales, minima } = best!;
  const codes = new Uint8Array(BLOCK);
  for (let i = 0; i < BLOCK; i++) {
    const g = Math.floor(i / size);
    codes[i] = codeAbove(source[from + i], d * scales[g], superMinimum * minima[g], levels);
  }
  return { d, superMinimum, scales, minima, codes };
}

/** The whole numbers of scale and minimum, of those around the fitted ones, with the least error. */
function nearest(
  group: Group,
  levels: number,
  fit: { readonly scale: number; readonly minimum: number },
  d: number,
  superMinimum: number,
  most: number,
) {
  const scale = d === 0 ? 0 : Math.min(most, Math.round(fit.scale / d));
  const minimum = superMinimum === 0 ? 0 : Math.min(most, Math.round(fit.minimum / superMinimum));
  let best = { scale: 0, minimum: 0, error: Number.POSITIVE_INFINITY };
  for (let s = Math.max(0, scale - 1); s <= Math.min(most, scale + 1); s++) {
    for (let m = Math.max(0, minimum - 1); m <= Math.min(most, minimum + 1); m++) {
      const error = errorAbove(group, d * s, superMinimum * m, levels);
      if (error < best.error) best = { scale: s, minimum: m, error };
    }
  }
  return best;
}

/** Super-scale and super-minimum by least squares over the whole block, its integers and codes as they are. */
function refitSuper(groups: readonly Group[], levels: number, { d, superMinimum, scales, minima }: AboveGrid) {
  let [ss, sm, mm, sv, mv] = [0, 0, 0, 0, 0];
  for (let g = 0; g < groups.length; g++) {
    const { values, weights, count } = groups[g];
    const minimum = minima[g];
    for (let i = 0; i < count; i++) {
      const step = scales[g] * codeAbove(values[i], d * scales[g], superMinimum * minimum, levels);
      const w = weights[i];
      ss += w * step * step;
      sm += w * step * minimum;
      mm += w * minimum * minimum;
      sv += w * step * values[i];
      mv += w * minimum * values[i];
    }
  }
  const spread = ss * mm - sm * sm;
  if (spread > 1e-9 * ss * mm) {
    const fitted = { d: (sv * mm - mv * sm) / spread, superMinimum: (sv * sm - mv * ss) / spread };
    if (fitted.d > 0 && fitted.superMinimum >= 0) return fitted;
  }
  return ss > 0 && mm === 0 && sv > 0 ? { d: sv / ss, superMinimum } : undefined;
}

interface CentredBlock {
  readonly d: number;
  readonly scales: readonly number[];
  /** From 0: the code minus half the levels is what counts. */
  readonly codes: Uint8Array;
}

/** @param most scales are whole numbers from -most to most - 1 */
function encodeCentred(
  source: Float32Array,
  from: number,
  levels: number,
  most: number,
  weights: Weights,
): CentredBlock {
  const groups = loadGroups(16, source, from, weights);
  const fits = groups.map((group) => fitCentred(group, levels));
  const extreme = fits.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
  let best: Omit<CentredBlock, 'codes'> = { d: 0, scales: new Array<number>(16).fill(0) };
  let least = Number.POSITIVE_INFINITY;
  const keep = (d: number): void => {
    let sum = 0;
    const scales: number[] = [];
    for (let g = 0; g < groups.length && sum < least; g++) {
      const middle = d === 0 ? 0 : Math.max(-most, Math.min(most - 1, Math.round(fits[g] / d)));
      let scale = 0;
      let error = Number.POSITIVE_INFINITY;
      for (let s = Math.max(-most, middle - 1); s <= Math.min(most - 1, middle + 1); s++) {
        const tried = errorCentred(groups[g], d * s, levels);
        if (tried < error) [scale, error] = [s, tried];
      }
      sum += error;
      scales.push(scale);
    }
    if (sum >= least) return;
    least = sum;
    best = { d, scales };
  };
  for (const share of sharesOf(levels)) keep(half((share * extreme) / -most));
  keep(half(refitSuperCentred(groups, levels, best)));
  const codes = new Uint8Array(BLOCK);
  for (let i = 0; i < BLOCK; i++) codes[i] = codeCentred(source[from + i], best.d * best.scales[i >>> 4], levels);
  return { ...best, codes };
}

/** The super-scale by least squares over the whole block, its integers and codes as they are. */
function refitSuperCentred(groups: readonly Group[], levels: number, { d, scales }: Omit<CentredBlock, 'codes'>) {
  let [ss, sv] = [0, 0];
  for (let g = 0; g < groups.length; g++) {
    const { values, weights, count } = groups[g];
    for (let i = 0; i < count; i++) {
      const step = scales[g] * (codeCentred(values[i], d * scales[g], levels) - levels / 2);
      ss += weights[i] * step * step;
      sv += weights[i] * step * values[i];
    }
  }
  return ss === 0 ? d : sv / ss;
}

/** Eight 6-bit scales and minima in 12 bytes. */
function packScales(target: Uint8Array, at: number, scales: readonly number[], minima: readonly number[]): void {
  for (let i = 0; i < 4; i++) {
    target[at + i] = scales[i] | ((scales[i + 4] >>> 4) << 6);
    target[at + 4 + i] = minima[i] | ((minima[i + 4] >>> 4) << 6);
    target[at + 8 + i] = (scales[i + 4] & 15) | ((minima[i + 4] & 15) << 4);
  }
}

export function writeQ2K(source: Float32Array, target: Uint8Array, weights?: Weights): void {
  for (let at = 0, from = 0; from < source.length; at += 84, from += BLOCK) {
    const { d, superMinimum, scales, minima, codes } = encodeAbove(source, from, 16, 4, 15, weights);
    for (let g = 0; g < 16; g++) target[at + g] = scales[g] | (minima[g] << 4);
    putPairs(target, at + 16, codes);
    putHalf(target, at + 80, d);
    putHalf(target, at + 82, superMinimum);
  }
}

/** 2-bit codes, four a byte: byte i of a half holds elements i, i + 32, i + 64 and i + 96. */
function putPairs(target: Uint8Array, at: number, codes: Uint8Array): void {
  for (let i = 0; i < BLOCK; i++) {
    target[at + (i >>> 7) * 32 + (i & 31)] |= (codes[i] & 3) << (((i >>> 5) & 3) * 2);
  }
}

export function writeQ3K(source: Float32Array, target: Uint8Array, weights?: Weights): void {
  for (let at = 0, from = 0; from < source.length; at += 110, from += BLOCK) {
    const { d, scales, codes } = encodeCentred(source, from, 8, 32, weights);
    for (let i = 0; i < BLOCK; i++) target[at + (i & 31)] |= (codes[i] >>> 2) << (i >>> 5);
    putPairs(target, at + 32, codes);
    for (let g = 0; g < 16; g++) {
      const scale = scales[g] + 32;
      target[at + 96 + (g & 7)] |= (scale & 15) << (g < 8 ? 0 : 4);
      target[at + 104 + (g & 3)] |= (scale >>> 4) << ((g >>> 2) * 2);
    }
    putHalf(target, at + 108, d);
  }
}

export function writeQ4K(source: Float32Array, target: Uint8Array, weights?: Weights): void {
  for (let at = 0, from = 0; from < source.length; at += 144, from += BLOCK) {
    const { d, superMinimum, scales, minima, codes } = encodeAbove(source, from, 32, 16, 63, weights);
    putHalf(target, at, d);
    putHalf(target, at + 2, superMinimum);
    packScales(target, at + 4, scales, minima);
    putNibbles(target, at + 16, codes);
  }
}

export function writeQ5K(source: Float32Array, target: Uint8Array, weights?: Weights): void {
  for (let at = 0, from = 0; from < source.length; at += 176, from += BLOCK) {
    const { d, superMinimum, scales, minima, codes } = encodeAbove(source, from, 32, 32, 63, weights);
    putHalf(target, at, d);
    putHalf(target, at + 2, superMinimum);
    packScales(target, at + 4, scales, minima);
    for (let i = 0; i < BLOCK; i++) target[at + 16 + (i & 31)] |= (codes[i] >>> 4) << (i >>> 5);
    putNibbles(target, at + 48, codes);
  }
}

/** Byte i of a quarter holds the low bits of its elements i and i + 32. */
function putNibbles(target: Uint8Array, at: number, codes: Uint8Array): void {
  for (let i = 0; i < BLOCK; i++) target[at + (i >>> 6) * 32 + (i & 31)] |= (codes[i] & 15) << ((i & 32) >>> 3);
}

export function writeQ6K(source: Float32Array, target: Uint8Array, weights?: Weights): void {
  for (let at = 0, from = 0; from < source.length; at += 210, from += BLOCK) {
    const { d, scales, codes } = encodeCentred(source, from, 64, 128, weights);
    for (let i = 0; i < BLOCK; i++) {
      const [part, within] = [i >>> 7, i & 127];
      target[at + part * 64 + (within & 63)] |= (codes[i] & 15) << (within < 64 ? 0 : 4);
      target[at + 128 + part * 32 + (i & 31)] |= (codes[i] >>> 4) << ((within >>> 5) * 2);
    }
    for (let g = 0; g < 16; g++) target[at + 192 + g] = scales[g];
    putHalf(target, at + 208, d);
  }
}
