/** How much faster, and how sure: paired measurements and the bootstrap (Efron 1979). */
import { median } from '../../evaluate/statistics.ts';
import { Random } from '../../tensor/random.ts';

export interface Gain {
  /** How many times less the new way costs; 1: as before. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  readonly confidence: number;
  /** Pairs measured. */
  readonly rounds: number;
  /** The whole interval lies above 1. */
  readonly sure: boolean;
}

const CONFIDENCE = 0.95;
const RESAMPLES = 2000;
/** Pairs below which no interval is worth the name. */
export const FEWEST = 6;

/** (third quartile - first) / median: one disturbed measurement does not show. */
export function spreadOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))];
  return values.length < 2 ? 0 : (at(0.75) - at(0.25)) / median(values);
}

/**
 * Median of the ratios of pairs that were measured one right after the other, and the percentile interval of that median.
 * @param before, after costs of equal count, the smaller the better
 */
export function pairedGain(before: readonly number[], after: readonly number[], seed: number): Gain {
  if (before.length === 0) return { ratio: 1, low: 1, high: 1, confidence: CONFIDENCE, rounds: 0, sure: false };
  const logs = before.map((cost, i) => Math.log(cost / after[i]));
  const random = new Random([seed, logs.length]);
  const medians = Array.from({ length: RESAMPLES }, () => median(logs.map(() => logs[random.below(logs.length)]))).sort(
    (a, b) => a - b,
  );
  const at = (share: number) => Math.exp(medians[Math.round(share * (RESAMPLES - 1))]);
  const [low, high] = [at((1 - CONFIDENCE) / 2), at((1 + CONFIDENCE) / 2)];
  const rounds = logs.length;
  return {
    ratio: Math.exp(median(logs)),
    low,
    high,
    confidence: CONFIDENCE,
    rounds,
    sure: rounds >= FEWEST && low > 1,
  };
}
