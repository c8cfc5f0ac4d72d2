/** The figures that every version has: their names, units, and how they are written. */
import type { Measurements } from '../../../app/contract/measurements.ts';
import { bytesIn } from '../../format/bytes.ts';
import { changeWords, exactNumber, shortNumber, times } from '../../format/number.ts';

export interface Measure {
  readonly key:
    | 'perplexity'
    | 'accuracy'
    | 'chrf'
    | 'bleu'
    | 'sizeBytes'
    | 'peakMemoryBytes'
    | 'prefillTokensPerSecond'
    | 'decodeTokensPerSecond'
    | 'timeToFirstTokenMs';
  readonly name: string;
  readonly unit: string;
  readonly help: string;
  readonly better: 'lower' | 'higher';
  /** Told as a change in per cent, not as a ratio. */
  readonly change: 'percent' | 'ratio';
}

export const MEASURES: readonly Measure[] = [
  {
    key: 'perplexity',
    name: 'Perplexity',
    unit: '',
    help: 'How surprised the model is by a text it has not seen',
    better: 'lower',
    change: 'percent',
  },
  {
    key: 'accuracy',
    name: 'Accuracy',
    unit: '',
    help: 'Share of right answers on held-out rows',
    better: 'higher',
    change: 'percent',
  },
  {
    key: 'chrf',
    name: 'chrF',
    unit: '',
    help: 'How many runs of characters its texts share with the references, 0 to 100',
    better: 'higher',
    change: 'percent',
  },
  {
    key: 'bleu',
    name: 'BLEU',
    unit: '',
    help: 'How many runs of words its texts share with the references, 0 to 100',
    better: 'higher',
    change: 'percent',
  },
  { key: 'sizeBytes', name: 'Size', unit: 'MB', help: 'On disk', better: 'lower', change: 'ratio' },
  {
    key: 'peakMemoryBytes',
    name: 'Memory',
    unit: 'MB',
    help: 'The most it took while it ran',
    better: 'lower',
    change: 'ratio',
  },
  {
    key: 'prefillTokensPerSecond',
    name: 'Prefill',
    unit: 'tokens/s',
    help: 'How fast it reads a prompt',
    better: 'higher',
    change: 'ratio',
  },
  {
    key: 'decodeTokensPerSecond',
    name: 'Decode',
    unit: 'tokens/s',
    help: 'How fast it writes an answer',
    better: 'higher',
    change: 'ratio',
  },
  {
    key: 'timeToFirstTokenMs',
    name: 'First token',
    unit: 'ms',
    help: 'How long until the answer begins',
    better: 'lower',
    change: 'ratio',
  },
];

export const measureIn = (measured: Measurements | undefined, { key }: Measure): number | undefined => measured?.[key];

export const written = ({ unit }: Measure, value: number): string =>
  unit === 'MB' ? bytesIn(value, 'MB') : shortNumber(value);
export const exactly = ({ unit, key }: Measure, value: number): string =>
  key.endsWith('Bytes') ? `${exactNumber(value)} bytes` : `${exactNumber(value)} ${unit}`.trim();

export interface Changed {
  readonly text: string;
  readonly tone: 'good' | 'bad' | 'same';
}

/** Smaller changes are within what repeats differ by. */
const NOISE = { percent: 0.01, ratio: 0.05 };

/** What became of a value, from one version to another. */
export function changeOf(measure: Measure, from: number, to: number): Changed {
  const ratio = to / from;
  const improved = measure.better === 'lower' ? ratio < 1 : ratio > 1;
  const tone = Math.abs(ratio - 1) < NOISE[measure.change] ? 'same' : improved ? 'good' : 'bad';
  if (measure.change === 'percent') return { text: changeWords(ratio), tone };
  // Always "so many times better or worse", never a ratio below one.
  return { text: tone === 'same' ? 'same' : times(ratio >= 1 ? ratio : 1 / ratio), tone };
}
