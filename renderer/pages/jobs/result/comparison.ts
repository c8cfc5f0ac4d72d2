/** Before and after, measure by measure: values in one unit, the ratio in words, and whether it is more than noise. */
import type { Measurements } from '../../../../app/contract/measurements.ts';

export type { Measurements };

export type MeasureKey =
  | 'perplexity'
  | 'accuracy'
  | 'chrf'
  | 'bleu'
  | 'sizeBytes'
  | 'peakMemoryBytes'
  | 'prefillTokensPerSecond'
  | 'decodeTokensPerSecond'
  | 'timeToFirstTokenMs';
export type Change = 'better' | 'worse' | 'same';

export interface ComparisonRow {
  readonly key: MeasureKey;
  readonly title: string;
  readonly unit: string;
  readonly before?: number;
  readonly after: number;
  readonly beforeText?: string;
  readonly afterText: string;
  /** after / before. */
  readonly ratio?: number;
  readonly change: Change;
  /** "5.9× smaller", "5.6% worse", "about the same"; none where there is nothing to compare with. */
  readonly words?: string;
  /** "± 14", "exact", or none where it was not repeated. */
  readonly spreadText?: string;
}

interface Measure {
  readonly key: MeasureKey;
  readonly title: string;
  readonly lowerIsBetter: boolean;
  readonly more: string;
  readonly less: string;
  /** Relative difference below which two values count as the same; the measured spread widens it. */
  readonly noise: number;
  readonly unit: (values: readonly number[]) => { readonly name: string; readonly scale: number };
}

const bytes = (values: readonly number[]) => {
  const largest = Math.max(...values);
  if (largest >= 10e9) return { name: 'GB', scale: 1e9 };
  return largest >= 1e6 ? { name: 'MB', scale: 1e6 } : { name: 'kB', scale: 1e3 };
};
const plain = (name: string) => () => ({ name, scale: 1 });

const MEASURES: readonly Measure[] = [
  {
    key: 'perplexity',
    title: 'Perplexity',
    lowerIsBetter: true,
    more: 'worse',
    less: 'better',
    noise: 0.003,
    unit: plain('lower is better'),
  },
  {
    key: 'accuracy',
    title: 'Accuracy',
    lowerIsBetter: false,
    more: 'better',
    less: 'worse',
    noise: 0.003,
    unit: () => ({ name: '%', scale: 0.01 }),
  },
  {
    key: 'chrf',
    title: 'chrF',
    lowerIsBetter: false,
    more: 'better',
    less: 'worse',
    noise: 0.003,
    unit: plain('of 100'),
  },
  {
    key: 'bleu',
    title: 'BLEU',
    lowerIsBetter: false,
    more: 'better',
    less: 'worse',
    noise: 0.003,
    unit: plain('of 100'),
  },
  { key: 'sizeBytes', title: 'Size', lowerIsBetter: true, more: 'larger', less: 'smaller', noise: 0.002, unit: bytes },
  {
    key: 'peakMemoryBytes',
    title: 'Memory',
    lowerIsBetter: true,
    more: 'more',
    less: 'less',
    noise: 0.03,
    unit: bytes,
  },
  {
    key: 'prefillTokensPerSecond',
    title: 'Prefill',
    lowerIsBetter: false,
    more: 'faster',
    less: 'slower',
    noise: 0.05,
    unit: plain('tokens/s'),
  },
  {
    key: 'decodeTokensPerSecond',
    title: 'Decode',
    lowerIsBetter: false,
    more: 'faster',
    less: 'slower',
    noise: 0.05,
    unit: plain('tokens/s'),
  },
  {
    key: 'timeToFirstTokenMs',
    title: 'First token',
    lowerIsBetter: true,
    more: 'later',
    less: 'sooner',
    noise: 0.05,
    unit: plain('ms'),
  },
];

/** Repeats that differ by more than their median (half of it either way) say nothing about a change. */
export const TOO_NOISY = 0.5;

/** Three figures, no exponent, groups of three: 63.9, 1,130, 0.042. */
export function figures(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString('en-US');
  if (size >= 10) return value.toFixed(1);
  return size >= 1 ? value.toFixed(2) : String(Number(value.toPrecision(2)));
}

/** Half of (largest - smallest) / median, of the context that the measure was taken at. */
export function relativeSpread(measured: Measurements, key: MeasureKey): number | undefined {
  const contexts = [...(measured.contexts ?? [])].sort((a, b) => a.tokens - b.tokens);
  const long = contexts.at(-1)?.spread;
  const short = contexts[0]?.spread;
  if (key === 'decodeTokensPerSecond') return short && short.decode / 2;
  return key === 'prefillTokensPerSecond' || key === 'timeToFirstTokenMs' ? long && long.prefill / 2 : undefined;
}

/** "5.9× smaller" from twofold on, else "12% smaller"; what grew is told from the smaller value too. */
export function ratioWords(before: number, after: number, more: string, less: string): string {
  const word = after > before ? more : less;
  const factor = after > before ? after / before : before / after;
  if (!Number.isFinite(factor)) return word;
  // Quality and memory are told in per cent while that reads well; tenfold worse is "10× worse".
  if (factor >= 1.95) return `${factor >= 9.95 ? Math.round(factor) : factor.toFixed(1)}× ${word}`;
  const percent = Math.abs(after / before - 1) * 100;
  return `${percent >= 9.95 ? Math.round(percent) : percent.toFixed(1)}% ${word}`;
}

function rowOf(measure: Measure, before: Measurements | undefined, after: Measurements): ComparisonRow | undefined {
  const fresh = after[measure.key];
  if (fresh === undefined || !Number.isFinite(fresh)) return undefined;
  const found = before?.[measure.key];
  const old = found !== undefined && Number.isFinite(found) ? found : undefined;
  const { name, scale } = measure.unit(old === undefined ? [fresh] : [old, fresh]);
  const spread = relativeSpread(after, measure.key);
  const base = {
    key: measure.key,
    title: measure.title,
    unit: measure.key === 'peakMemoryBytes' ? `${name}, peak` : name,
    after: fresh,
    afterText: figures(fresh / scale),
    spreadText:
      measure.key === 'sizeBytes'
        ? 'exact'
        : spread === undefined
          ? undefined
          : `± ${figures((spread * fresh) / scale)}`,
  };
  if (old === undefined || old === 0) return { ...base, change: 'same' };
  const swing = Math.max(spread ?? 0, (before && relativeSpread(before, measure.key)) ?? 0);
  const noisy = swing > TOO_NOISY;
  const same = noisy || Math.abs(fresh / old - 1) <= Math.max(measure.noise, swing);
  const better = fresh < old === measure.lowerIsBetter;
  return {
    ...base,
    before: old,
    beforeText: figures(old / scale),
    ratio: fresh / old,
    change: same ? 'same' : better ? 'better' : 'worse',
    words: noisy ? 'too noisy to tell' : same ? 'about the same' : ratioWords(old, fresh, measure.more, measure.less),
  };
}

/** One row for each thing that was measured after the job, in the order in which people ask. */
export const compareReports = (before: Measurements | undefined, after: Measurements): ComparisonRow[] =>
  MEASURES.flatMap((measure) => rowOf(measure, before, after) ?? []);
