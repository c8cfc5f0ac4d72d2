/** Rules of when the small model's answer is taken, and what each loses and costs on answers that both have written. */
import { mean } from '../../evaluate/statistics.ts';
import { normalise, tokenF1 } from '../../evaluate/text-scores.ts';
import { NEVER } from '../../models/adaptive-note.ts';
import type { Answered } from './ask-both.ts';
import type { AdaptOptions } from './schema.ts';

const STEPS = 40;
/** Parts of the held-out questions that ratios of times are taken of. */
const ROUNDS = 5;

/** Below every confidence: the small model answers everything that its context has room for. */
export const ALWAYS = 0;

export const sure = ({ small }: Answered, threshold: number): boolean => small.confidence > threshold;

export const qualityOf = (text: string, reference: string): number => tokenF1(normalise(text), normalise(reference));

/** What each question loses by the rule, between -1 and 1. */
export const lossesOf = (rows: readonly Answered[], threshold: number, metric: AdaptOptions['metric']): Float64Array =>
  Float64Array.from(rows, (row) => {
    if (!sure(row, threshold)) return 0;
    const { small, large, reference } = row;
    return metric === 'agreement'
      ? 1 - qualityOf(small.text, large.text)
      : qualityOf(large.text, reference) - qualityOf(small.text, reference);
  });

/** Milliseconds of all; where nothing is sure enough the small model is not asked. */
export const timeOf = (rows: readonly Answered[], threshold: number): number =>
  rows.reduce((sum, row) => {
    const first = threshold < NEVER ? row.small.milliseconds : 0;
    return sum + first + (sure(row, threshold) ? 0 : row.large.milliseconds);
  }, 0);

interface Candidate {
  readonly threshold: number;
  /** Share of the questions that the large model is asked, on the rows that it was chosen on. */
  readonly asked: number;
}

/** Thresholds from careful to fast, chosen on rows that nothing is proved with. */
export function propose(rows: readonly Answered[]): Candidate[] {
  const sorted = rows.map(({ small }) => small.confidence).sort((a, b) => b - a);
  const places = Array.from({ length: STEPS }, (_, i) => Math.floor(((i + 1) / STEPS) * (sorted.length - 1)));
  const thresholds = [...new Set(places.map((place) => sorted[place])), ALWAYS].filter((t) => t < NEVER);
  return thresholds.map((threshold) => ({
    threshold,
    asked: mean(rows.map((row) => Number(!sure(row, threshold)))),
  }));
}

/** How likely the small model's answers were: the least, and of each further step of so many the most. */
export function evenConfidences(rows: readonly Answered[], steps = 100): number[] {
  const sorted = rows.map(({ small }) => small.confidence).sort((a, b) => a - b);
  return Array.from({ length: steps + 1 }, (_, i) => sorted[Math.round((i / steps) * (sorted.length - 1))]);
}

export const partsOf = (rows: readonly Answered[]): Answered[][] => {
  const count = Math.min(ROUNDS, rows.length);
  return Array.from({ length: count }, (_, part) => rows.filter((__, i) => i % count === part));
};
