/** Ranges of activations for static int8: what a histogram of calibration values says about where to cut. */

export type RangeMethod = 'minmax' | 'percentile' | 'entropy' | 'mse';

export interface Range {
  readonly low: number;
  readonly high: number;
}

const BINS = 2048;

/** Counts of values between two ends, and of the least and the largest value of every vector, gathered batch by batch. */
export class Histogram {
  readonly counts = new Float64Array(BINS);
  readonly lows = new Float64Array(BINS);
  readonly highs = new Float64Array(BINS);
  readonly low: number;
  readonly high: number;

  constructor({ low, high }: Range) {
    this.low = low;
    this.high = high > low ? high : low + 1e-6;
  }

  /** @param width values of a vector: what stands for one token */
  add(values: Float32Array, width: number): void {
    const factor = BINS / (this.high - this.low);
    for (let begin = 0; begin < values.length; begin += width) {
      let [first, last] = [BINS - 1, 0];
      for (let i = begin; i < begin + width; i++) {
        const bin = Math.max(0, Math.min(BINS - 1, Math.floor((values[i] - this.low) * factor)));
        this.counts[bin] += 1;
        if (bin < first) first = bin;
        if (bin > last) last = bin;
      }
      this.lows[first] += 1;
      this.highs[last] += 1;
    }
  }

  get width(): number {
    return (this.high - this.low) / BINS;
  }
}

/**
 * Share of the vectors that percentile cuts at each end. Of vectors and not of values: a few tokens of every text have one
 * feature a hundred times as large as all others, a vanishing share of the values that every layer after them needs.
 */
const TAIL = 1e-3;

/** The range that 256 codes are spread over; zero always lies in it. */
export function chooseRange(histogram: Histogram, method: RangeMethod): Range {
  const whole = { low: Math.min(0, histogram.low), high: Math.max(0, histogram.high) };
  switch (method) {
    case 'minmax':
      return whole;
    case 'percentile':
      return within(percentileRange(histogram), whole);
    case 'mse':
      return best(histogram, whole, squaredError);
    case 'entropy':
      // Counts do not see how large what is rare is.
      return around(best(histogram, whole, divergence), within(percentileRange(histogram), whole));
  }
}

const within = (range: Range, whole: Range): Range => ({
  low: Math.max(whole.low, Math.min(0, range.low)),
  high: Math.min(whole.high, Math.max(0, range.high)),
});

const around = (a: Range, b: Range): Range => ({ low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) });

function percentileRange({ lows, highs, low, width }: Histogram): Range {
  const tail = TAIL * lows.reduce((a, b) => a + b, 0);
  let [first, last] = [0, BINS - 1];
  for (let sum = lows[first]; sum < tail && first < last; sum += lows[first]) first += 1;
  for (let sum = highs[last]; sum < tail && last > first; sum += highs[last]) last -= 1;
  return { low: low + first * width, high: low + (last + 1) * width };
}

/** Of ranges whose ends are drawn in by themselves or together, the one that costs least. */
function best(histogram: Histogram, whole: Range, cost: (histogram: Histogram, range: Range) => number): Range {
  let found = whole;
  let least = cost(histogram, whole);
  const shares = Array.from({ length: 20 }, (_, i) => 1 - 0.04 * i);
  // First both ends, then each by itself around what was found.
  const passes: readonly ((share: number, range: Range) => Range)[] = [
    (share) => ({ low: share * whole.low, high: share * whole.high }),
    (share, range) => ({ low: share * whole.low, high: range.high }),
    (share, range) => ({ low: range.low, high: share * whole.high }),
  ];
  for (const pass of passes) {
    const from = found;
    for (const share of shares) {
      const range = pass(share, from);
      if (range.high - range.low <= 0) continue;
      const tried = cost(histogram, range);
      if (tried < least) [least, found] = [tried, range];
    }
  }
  return found;
}

function squaredError({ counts, low, width }: Histogram, range: Range): number {
  const step = (range.high - range.low) / 255;
  let sum = 0;
  for (let bin = 0; bin < BINS; bin++) {
    if (counts[bin] === 0) continue;
    const value = low + (bin + 0.5) * width;
    const outside = value < range.low ? range.low - value : Math.max(0, value - range.high);
    // Within the range errors are spread evenly over a step.
    sum += counts[bin] * (outside > 0 ? outside * outside : (step * step) / 12);
  }
  return sum;
}

/** KL of the values from what 256 codes keep of them (as TensorRT's calibrator, Migacz 2017). */
function divergence({ counts, low, width }: Histogram, range: Range): number {
  const step = (range.high - range.low) / 255;
  const levels = new Float64Array(256);
  const filled = new Float64Array(256);
  const levelOf = (bin: number): number =>
    Math.max(0, Math.min(255, Math.round((low + (bin + 0.5) * width - range.low) / step)));
  let total = 0;
  for (let bin = 0; bin < BINS; bin++) {
    if (counts[bin] === 0) continue;
    levels[levelOf(bin)] += counts[bin];
    total += counts[bin];
    const value = low + (bin + 0.5) * width;
    if (value >= range.low && value <= range.high) filled[levelOf(bin)] += 1;
  }
  let sum = 0;
  for (let bin = 0; bin < BINS; bin++) {
    if (counts[bin] === 0) continue;
    const level = levelOf(bin);
    const value = low + (bin + 0.5) * width;
    const inside = value >= range.low && value <= range.high;
    // What was cut off is found nowhere any more, but for a trace that keeps the logarithm finite.
    const kept = inside ? levels[level] / Math.max(1, filled[level]) : 1e-3;
    sum += (counts[bin] / total) * Math.log(counts[bin] / kept);
  }
  return sum;
}
