/**
 * Scales of small groups with the least squared error. A candidate grid gives codes, the codes give the least-squares grid and,
 * from the same sums, its error: so a candidate costs one look at the values, and the best one is then refined.
 */
import type { Group } from './group.ts';

/** Where the codes of a group go: value = scale * code - minimum. */
export interface Fit {
  readonly scale: number;
  readonly minimum: number;
  /** Weighted squared error of the codes it was fitted to: nearer codes can only be better. */
  readonly error: number;
}

/** Turns of codes and grid after the best candidate is known; they end when nothing gets better. */
const TURNS = 4;

/** Where grids above a minimum are tried to begin: so many steps above the least value. */
const CUTS = [0, 0.25, 0.5];

/**
 * Grids above a minimum, codes 0 to levels - 1, of positive scales.
 * @param above whether the format can say a negative minimum: that the grid begins above zero
 */
export function fitAbove(group: Group, levels: number, above = false): Fit {
  let [low, high] = [above ? Number.POSITIVE_INFINITY : 0, Number.NEGATIVE_INFINITY];
  for (const value of group.values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (high <= low) return { scale: 0, minimum: -low, error: 0 };
  const span = high - low;
  const plain = { scale: span / (levels - 1), minimum: -low };
  let best: Fit = { ...plain, error: errorAbove(group, plain.scale, plain.minimum, levels) };
  for (let step = -10; step <= 12; step += 4) {
    const scale = span / (levels - 1 + step * 0.1);
    for (const cut of CUTS) {
      const fit = refitAbove(group, scale, -low - cut * scale, levels, above);
      if (fit && fit.error < best.error) best = fit;
    }
  }
  for (let turn = 0; turn < TURNS; turn++) {
    const fit = refitAbove(group, best.scale, best.minimum, levels, above);
    if (!fit || fit.error >= best.error) break;
    best = fit;
  }
  return best;
}

export const codeAbove = (value: number, scale: number, minimum: number, levels: number): number => {
  if (scale === 0) return 0;
  const x = (value + minimum) / scale + 0.5;
  return x < 0 ? 0 : x >= levels ? levels - 1 : Math.trunc(x);
};

export function errorAbove({ values, weights, count }: Group, scale: number, minimum: number, levels: number): number {
  const inverse = scale === 0 ? 0 : 1 / scale;
  const most = levels - 1;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const x = (values[i] + minimum) * inverse + 0.5;
    const q = x < 0 ? 0 : x >= levels ? most : x | 0;
    const error = values[i] + minimum - scale * q;
    sum += weights[i] * error * error;
  }
  return sum;
}

/** Least squares of value = scale * code - minimum over the codes of a grid; the minimum stays at zero where it may not be negative. */
function refitAbove(group: Group, scale: number, minimum: number, levels: number, above: boolean): Fit | undefined {
  const { values, weights, count, mass, first, second } = group;
  const inverse = 1 / scale;
  const most = levels - 1;
  let [q1, q2, qv] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const x = (values[i] + minimum) * inverse + 0.5;
    const q = x < 0 ? 0 : x >= levels ? most : x | 0;
    const wq = weights[i] * q;
    q1 += wq;
    q2 += wq * q;
    qv += wq * values[i];
  }
  const spread = mass * q2 - q1 * q1;
  if (spread <= 0) return undefined;
  const fitted = (mass * qv - q1 * first) / spread;
  const below = (fitted * q1 - first) / mass;
  if ((above || below >= 0) && fitted > 0) {
    return { scale: fitted, minimum: below, error: second - fitted * qv + below * first };
  }
  if (qv <= 0) return undefined;
  return { scale: qv / q2, minimum: 0, error: second - (qv * qv) / q2 };
}

/** Scales, of either sign, of grids around zero, codes -levels / 2 to levels / 2 - 1. */
export function fitCentred(group: Group, levels: number): number {
  const extreme = group.extreme();
  if (extreme === 0) return 0;
  const half = levels / 2;
  let best = { scale: extreme / -half, gain: 0 };
  for (let step = -9; step <= 9; step += 3) {
    for (const end of [-half - step * 0.1, half + step * 0.1]) {
      const fit = refitCentred(group, extreme / end, levels);
      if (fit.gain > best.gain) best = fit;
    }
  }
  for (let turn = 0; turn < TURNS; turn++) {
    const fit = refitCentred(group, best.scale, levels);
    if (fit.gain <= best.gain) break;
    best = fit;
  }
  return best.scale;
}

/** From 0 to levels - 1: the code itself plus half the levels. */
export const codeCentred = (value: number, scale: number, levels: number): number => {
  const half = levels / 2;
  if (scale === 0) return half;
  const x = value / scale + half + 0.5;
  return x < 0 ? 0 : x >= levels ? levels - 1 : Math.trunc(x);
};

export function errorCentred({ values, weights, count }: Group, scale: number, levels: number): number {
  const inverse = scale === 0 ? 0 : 1 / scale;
  const half = levels / 2;
  const middle = half + 0.5;
  const most = levels - 1;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const x = values[i] * inverse + middle;
    const q = (x < 0 ? 0 : x >= levels ? most : x | 0) - half;
    const error = values[i] - scale * q;
    sum += weights[i] * error * error;
  }
  return sum;
}

/** The scale that suits a grid's codes best, and by how much it lowers the error of all zeros. */
function refitCentred({ values, weights, count }: Group, scale: number, levels: number) {
  const inverse = 1 / scale;
  const half = levels / 2;
  const middle = half + 0.5;
  const most = levels - 1;
  let [qv, q2] = [0, 0];
  for (let i = 0; i < count; i++) {
    const x = values[i] * inverse + middle;
    const q = (x < 0 ? 0 : x >= levels ? most : x | 0) - half;
    const wq = weights[i] * q;
    qv += wq * values[i];
    q2 += wq * q;
  }
  return q2 === 0 || qv === 0 ? { scale, gain: 0 } : { scale: qv / q2, gain: (qv * qv) / q2 };
}
