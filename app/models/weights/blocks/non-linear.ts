/** The 4-bit formats whose codes index a fixed table of uneven levels instead of even steps: IQ4_NL and IQ4_XS. */
import { toFloat16 } from '../../../tensor/half.ts';
import type { BlockFormat } from './block-format.ts';
import { FLOAT16 } from './float16-table.ts';
import { Group, type Weights } from './group.ts';

/** Part of the format: the sixteen levels, finer around zero. */
const LEVELS = Int8Array.of(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

const scaleAt = (source: Uint8Array, at: number): number => FLOAT16[source[at] | (source[at + 1] << 8)];

/** Index of the nearest level by half steps from -128 on: levels are whole numbers, so all borders lie on half ones. */
const NEAREST = Uint8Array.from({ length: 512 }, (_, i) => {
  const x = (i + 0.5) / 2 - 128;
  let index = 0;
  while (index < 15 && x > (LEVELS[index] + LEVELS[index + 1]) / 2) index += 1;
  return index;
});

/** Index of the level nearest to x. */
function nearestLevel(x: number): number {
  const at = 2 * x + 256;
  return NEAREST[at < 0 ? 0 : at > 511 ? 511 : at | 0];
}

/** Squared error of a scale. */
function errorOf({ values, weights, count }: Group, scale: number): number {
  const inverse = scale === 0 ? 0 : 1 / scale;
  let error = 0;
  for (let i = 0; i < count; i++) {
    const gap = values[i] - scale * LEVELS[nearestLevel(values[i] * inverse)];
    error += weights[i] * gap * gap;
  }
  return error;
}

/** The scale that suits the levels which a scale leads to best, and by how much it lowers the error of all zeros. */
function refit({ values, weights, count }: Group, scale: number) {
  const inverse = 1 / scale;
  let [above, below] = [0, 0];
  for (let i = 0; i < count; i++) {
    const level = LEVELS[nearestLevel(values[i] * inverse)];
    const weighted = weights[i] * level;
    above += weighted * values[i];
    below += weighted * level;
  }
  return above === 0 ? { scale, gain: 0 } : { scale: above / below, gain: (above * above) / below };
}

/** The scale, of either sign, with the least error: tried around the extreme value, then fitted. */
function bestScale(group: Group): number {
  const extreme = group.extreme();
  if (extreme === 0) return 0;
  let best = { scale: extreme / -127, gain: 0 };
  for (const end of [-127, 113]) {
    for (let step = -7; step <= 9; step += 2) {
      const fit = refit(group, extreme / (end * (1 + step * 0.04)));
      if (fit.gain > best.gain) best = fit;
    }
  }
  for (let turn = 0; turn < 4; turn++) {
    const fit = refit(group, best.scale);
    if (fit.gain <= best.gain) break;
    best = fit;
  }
  return best.scale;
}

const GROUPS = Array.from({ length: 8 }, () => new Group(32));
const [ALONE] = GROUPS;

/** Blocks of 32: float16 scale, 16 bytes of nibbles. */
export const iq4_nl: BlockFormat = {
  elements: 32,
  bytes: 18,
  encode(source, target, weights) {
    for (let at = 0, from = 0; from < source.length; at += 18, from += 32) {
      ALONE.load(source, from, weights);
      const d = FLOAT16[toFloat16(bestScale(ALONE))];
      const bits = toFloat16(d);
      target[at] = bits;
      target[at + 1] = bits >>> 8;
      for (let i = 0; i < 16; i++) {
        const code = (j: number) => nearestLevel(d === 0 ? 0 : source[from + j] / d);
        target[at + 2 + i] = code(i) | (code(i + 16) << 4);
      }
    }
  },
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

/** The float16 super-scale and the whole numbers from -32 to 31 that multiply it, with the least error of 256 values. */
function superScale(source: Float32Array, from: number, weights: Weights) {
  for (let group = 0; group < 8; group++) GROUPS[group].load(source, from + group * 32, weights);
  const fits = GROUPS.map(bestScale);
  const extreme = fits.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
  const d = FLOAT16[toFloat16(extreme / -32)];
  const scales = fits.map((fit, group) => {
    const middle = d === 0 ? 0 : Math.max(-32, Math.min(31, Math.round(fit / d)));
    let scale = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let s = Math.max(-32, middle - 1); s <= Math.min(31, middle + 1); s++) {
      const error = errorOf(GROUPS[group], d * s);
      if (error < least) [scale, least] = [s, error];
    }
    return scale;
  });
  return { d, scales };
}

/** Blocks of 256: float16 super-scale, eight 6-bit scales (2 high bits in a word, 4 low bits in nibbles), 128 bytes of nibbles. */
export const iq4_xs: BlockFormat = {
  elements: 256,
  bytes: 136,
  encode(source, target, weights) {
    for (let at = 0, from = 0; from < source.length; at += 136, from += 256) {
      const { d, scales } = superScale(source, from, weights);
      const bits = toFloat16(d);
      target[at] = bits;
      target[at + 1] = bits >>> 8;
      for (let group = 0; group < 8; group++) {
        const stored = scales[group] + 32;
        target[at + 2 + (group >>> 2)] |= (stored >>> 4) << (2 * (group & 3));
        target[at + 4 + (group >>> 1)] |= (stored & 15) << ((group & 1) * 4);
        const scale = d * scales[group];
        for (let i = 0; i < 16; i++) {
          const code = (j: number) => nearestLevel(scale === 0 ? 0 : source[from + group * 32 + j] / scale);
          target[at + 8 + group * 16 + i] = code(i) | (code(i + 16) << 4);
        }
      }
    }
  },
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
