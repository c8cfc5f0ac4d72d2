/**
 * Scales of small groups with the least squared error: tried around the obvious one, then fitted to the codes found.
 * `weights`, one for each value at the same place, say how much an error counts; without them all count alike.
 */

export type Weights = Float32Array | undefined;

const weightAt = (weights: Weights, i: number): number => (weights ? weights[i] : 1);

/** Where the codes of a group go, beside the grid they belong to. */
export interface Fit {
  /** value = scale * code - minimum */
  scale: number;
  minimum: number;
}

const clamp = (x: number, low: number, high: number): number => Math.max(low, Math.min(high, x));

/** Grids above a minimum, 0 to levels - 1, where neither scale nor minimum may be negative. */
export function fitAbove(values: Float32Array, at: number, count: number, levels: number, weights?: Weights): Fit {
  let low = 0;
  let high = values[at];
  for (let i = at; i < at + count; i++) {
    if (values[i] < low) low = values[i];
    if (values[i] > high) high = values[i];
  }
  if (high <= low) return { scale: 0, minimum: -low };
  let best: Fit = { scale: (high - low) / (levels - 1), minimum: -low };
  let least = errorAbove(values, at, count, levels, best, weights);
  for (let step = -8; step <= 12; step++) {
    const inverse = (levels - 1 + step * 0.1) / (high - low);
    let fit: Fit = { scale: 1 / inverse, minimum: -low };
    // Codes and grid in turns; two are enough.
    for (let turn = 0; turn < 2; turn++) {
      fit = refitAbove(values, at, count, levels, fit, weights);
      const error = errorAbove(values, at, count, levels, fit, weights);
      if (error >= least) continue;
      least = error;
      best = fit;
    }
  }
  return best;
}

export const codeAbove = (value: number, { scale, minimum }: Fit, levels: number): number =>
  scale === 0 ? 0 : clamp(Math.round((value + minimum) / scale), 0, levels - 1);

export function errorAbove(
  values: Float32Array,
  at: number,
  count: number,
  levels: number,
  fit: Fit,
  weights?: Weights,
): number {
  let sum = 0;
  for (let i = at; i < at + count; i++) {
    const error = values[i] - (fit.scale * codeAbove(values[i], fit, levels) - fit.minimum);
    sum += weightAt(weights, i) * error * error;
  }
  return sum;
}

/** Least squares of value = scale * code - minimum; the minimum stays at zero where it would be negative. */
function refitAbove(values: Float32Array, at: number, count: number, levels: number, fit: Fit, weights: Weights): Fit {
  let [n, q1, q2, v1, qv] = [0, 0, 0, 0, 0];
  for (let i = at; i < at + count; i++) {
    const q = codeAbove(values[i], fit, levels);
    const w = weightAt(weights, i);
    n += w;
    q1 += w * q;
    q2 += w * q * q;
    v1 += w * values[i];
    qv += w * q * values[i];
  }
  const spread = n * q2 - q1 * q1;
  if (spread <= 0) return fit;
  const scale = (n * qv - q1 * v1) / spread;
  const minimum = (scale * q1 - v1) / n;
  if (minimum >= 0 && scale > 0) return { scale, minimum };
  return q2 > 0 && qv > 0 ? { scale: qv / q2, minimum: 0 } : fit;
}

/** Scales, of either sign, of grids around zero, -levels / 2 to levels / 2 - 1. */
export function fitCentred(values: Float32Array, at: number, count: number, levels: number, weights?: Weights): number {
  let extreme = 0;
  for (let i = at; i < at + count; i++) if (Math.abs(values[i]) > Math.abs(extreme)) extreme = values[i];
  if (extreme === 0) return 0;
  const half = levels / 2;
  let best = extreme / -half;
  let least = errorCentred(values, at, count, levels, best, weights);
  for (let step = -9; step <= 9; step++) {
    for (const sign of [-1, 1]) {
      let scale = extreme / (sign * (half + step * 0.1));
      for (let turn = 0; turn < 2; turn++) {
        scale = refitCentred(values, at, count, levels, scale, weights);
        const error = errorCentred(values, at, count, levels, scale, weights);
        if (error >= least) continue;
        least = error;
        best = scale;
      }
    }
  }
  return best;
}

export const codeCentred = (value: number, scale: number, levels: number): number =>
  scale === 0 ? 0 : clamp(Math.round(value / scale), -levels / 2, levels / 2 - 1);

export function errorCentred(
  values: Float32Array,
  at: number,
  count: number,
  levels: number,
  scale: number,
  weights?: Weights,
): number {
  let sum = 0;
  for (let i = at; i < at + count; i++) {
    const error = values[i] - scale * codeCentred(values[i], scale, levels);
    sum += weightAt(weights, i) * error * error;
  }
  return sum;
}

function refitCentred(
  values: Float32Array,
  at: number,
  count: number,
  levels: number,
  scale: number,
  weights: Weights,
): number {
  let above = 0;
  let below = 0;
  for (let i = at; i < at + count; i++) {
    const q = codeCentred(values[i], scale, levels);
    above += weightAt(weights, i) * q * values[i];
    below += weightAt(weights, i) * q * q;
  }
  return below === 0 || above === 0 ? scale : above / below;
}
