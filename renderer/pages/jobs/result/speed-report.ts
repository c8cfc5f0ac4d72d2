/** Reads what the picture and the verdict of Speed up need from the step's document. Pure. */
import type { Verdict } from './verdict.ts';

export interface CurvePoint {
  readonly batch: number;
  readonly latencyMs: number;
  readonly tokensPerSecond: number;
}

interface Way {
  readonly words: string;
  readonly memoryBytes: number;
  readonly curve: readonly CurvePoint[];
}

export interface SpeedReport {
  readonly goal: 'latency' | 'throughput' | 'memory';
  readonly words: string;
  readonly gain: {
    readonly ratio: number;
    readonly low: number;
    readonly high: number;
    readonly confidence: number;
    readonly rounds: number;
    readonly sure: boolean;
  };
  readonly usual: Way;
  readonly best: Way;
  readonly sameness: { readonly divergence: number; readonly topAgreement: number };
  readonly trials: readonly {
    readonly words: string;
    readonly n: number;
    readonly spread: number;
    readonly latencyMs?: number;
    readonly tokensPerSecond?: number;
    readonly memoryBytes?: number;
    readonly divergence?: number;
  }[];
  readonly refused: readonly string[];
  readonly untried: readonly string[];
}

/** The document of an `optimize` step; undefined for anything else. The engine wrote it. */
export const speedReportOf = (result: Readonly<Record<string, unknown>> | undefined): SpeedReport | undefined =>
  Array.isArray(result?.trials) && typeof result.gain === 'object' ? (result as unknown as SpeedReport) : undefined;

const UNITS = { latency: 'faster', throughput: 'more tokens', memory: 'less memory' };

/** Pairs below which the engine is never sure. */
const FEWEST = 6;

/** "1.42×" */
export const times = (ratio: number): string => `${ratio.toFixed(2)}×`;

/** "between 1.31× and 1.50×, 95% sure, 25 pairs" */
export const rangeWords = ({ gain }: SpeedReport): string =>
  gain.rounds < FEWEST
    ? `about ${times(gain.ratio)}, but ${gain.rounds} measured pairs are too few to be sure`
    : `between ${times(gain.low)} and ${times(gain.high)}, ${Math.round(100 * gain.confidence)}% sure, ${gain.rounds} pairs`;

/** "the same answers", "0.012 nats a token apart" */
export const differenceWords = ({ sameness }: SpeedReport): string =>
  sameness.divergence <= 1e-6 && sameness.topAgreement === 1
    ? 'the same answers'
    : `answers ${Number(sameness.divergence.toPrecision(2))} nats a token apart, ${Math.round(100 * sameness.topAgreement)}% the same likeliest token`;

/** "0.012"; "–" where the way of computing alone differs, and answers were not compared */
export const apartWords = (divergence: number | undefined): string =>
  divergence === undefined ? '–' : String(Number(divergence.toPrecision(2)));

export function speedVerdictOf(report: SpeedReport): Verdict {
  const { gain, best, goal } = report;
  if (gain.sure) {
    const text = `${times(gain.ratio)} ${UNITS[goal]} with ${best.words}: ${rangeWords(report)}; ${differenceWords(report)}.`;
    return { text, tone: 'good' };
  }
  if (gain.rounds === 0) return { text: 'Nothing better than as it is was found here.', tone: 'neutral' };
  const text = `Nothing surely better than as it is. The best other way, ${best.words}, is ${rangeWords(report)}.`;
  return { text, tone: 'neutral' };
}

export interface CurveRow {
  readonly batch: number;
  readonly usualTokensPerSecond?: number;
  readonly usualLatencyMs?: number;
  readonly bestTokensPerSecond?: number;
  readonly bestLatencyMs?: number;
}

/** Both curves by batch, for a chart. */
export function curveRows({ usual, best }: Pick<SpeedReport, 'usual' | 'best'>): CurveRow[] {
  const batches = [...new Set([...usual.curve, ...best.curve].map(({ batch }) => batch))].sort((a, b) => a - b);
  return batches.map((batch) => {
    const [a, b] = [usual, best].map(({ curve }) => curve.find((point) => point.batch === batch));
    return {
      batch,
      usualTokensPerSecond: a?.tokensPerSecond,
      usualLatencyMs: a?.latencyMs,
      bestTokensPerSecond: b?.tokensPerSecond,
      bestLatencyMs: b?.latencyMs,
    };
  });
}
