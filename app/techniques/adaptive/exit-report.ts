/** What is told of an adaptive classifier: what was promised, what was found on held-out rows, where computation went. */
import { mean } from '../../evaluate/statistics.ts';
import type { LabelledText } from '../transfer/labelled-rows.ts';
import { fixedLayer } from './candidates.ts';
import type { Timing } from './measure-exits.ts';
import { answersAt, type ExitTable, fullAnswers, stoppingLayers } from './policy.ts';
import { lossesOf, type Metric, type Promised, type PromiseTerms } from './promise.ts';

export interface Speedup {
  readonly speedup: number;
  readonly low: number;
  readonly high: number;
}

export interface Guarantee {
  /** What may be lost. */
  readonly metric: Metric | 'token F1';
  readonly maxLoss: number;
  readonly confidence: number;
  readonly calibrationRows: number;
  readonly method: string;
  /** Evidence against a larger loss, on the calibration rows; 0 where nothing is lost because nothing stops early. */
  readonly pValue: number;
  readonly calibrationLoss: number;
  readonly tested: number;
  readonly accepted: number;
  /** What was found on rows that neither training nor calibration saw. */
  readonly heldOut: { readonly rows: number; readonly loss: number; readonly kept: boolean };
}

export interface Example {
  readonly text: string;
  readonly label: string;
  readonly predicted: string;
  readonly layers: number;
}

export interface ExitReport {
  readonly layers: number;
  readonly meanLayersUsed: number;
  /** Measured wall-clock time of the whole model over that of the adaptive one, text by text. */
  readonly speedup: number;
  readonly speedupRange: readonly [low: number, high: number];
  readonly milliseconds: { readonly full: number; readonly adaptive: number; readonly fixed: number };
  readonly metric: {
    readonly name: 'accuracy';
    readonly full: number;
    readonly adaptive: number;
    readonly loss: number;
  };
  readonly thresholds: readonly number[];
  readonly guarantee: Guarantee;
  /** The lowest layer at which everything could stop at the same promise; the last where there is none. */
  readonly bestFixed: {
    readonly layer: number;
    readonly accuracy: number;
    readonly loss: number;
    readonly speedup: number;
  };
  /** By layer: how well it does alone, and the share of texts that stop there. */
  readonly exits: readonly {
    readonly layer: number;
    readonly accuracy: number;
    readonly agreement: number;
    readonly share: number;
  }[];
  readonly examples: { readonly easy: readonly Example[]; readonly hard: readonly Example[] };
  /** Whether anything was gained, against the whole model and against the best fixed layer. */
  readonly worthwhile: boolean;
  /** What else to try where little or nothing is to be had. */
  readonly proposals: readonly string[];
}

export interface ReportInput {
  /** Of the held-out rows. */
  readonly table: ExitTable;
  readonly truth: readonly number[];
  readonly rows: readonly LabelledText[];
  readonly labels: readonly string[];
  readonly promised: Promised;
  readonly thresholds: readonly number[];
  readonly calibrationRows: number;
  readonly options: PromiseTerms;
  readonly speed: { readonly adaptive: Speedup; readonly fixed: Speedup };
  readonly times: Readonly<Record<string, Timing>>;
}

const SHOWN = 6;
const SHOWN_CHARACTERS = 300;
/** Less is within what measuring varies by. */
const WORTH = 1.05;

export function reportExits(input: ReportInput): ExitReport {
  const { table, truth, promised, thresholds, options, speed, times, calibrationRows } = input;
  const stops = stoppingLayers(table, thresholds);
  const right = (answers: ArrayLike<number>) => mean(truth.map((label, row) => Number(answers[row] === label)));
  const full = right(fullAnswers(table));
  const adaptive = right(answersAt(table, stops));
  const loss = mean(lossesOf(table, truth, stops, options.metric));
  const atLayer = (layer: number) => new Uint16Array(table.rows).fill(layer);
  const fixedAt = promised.fixed?.layer ?? table.layers;
  const fixedStops =
    fixedAt === table.layers ? atLayer(fixedAt) : stoppingLayers(table, fixedLayer(table.layers, fixedAt));
  const worthwhile = speed.adaptive.speedup >= WORTH && speed.adaptive.speedup > speed.fixed.speedup;
  return {
    layers: table.layers,
    meanLayersUsed: mean(stops),
    speedup: speed.adaptive.speedup,
    speedupRange: [speed.adaptive.low, speed.adaptive.high],
    milliseconds: {
      full: times.full.milliseconds,
      adaptive: times.adaptive.milliseconds,
      fixed: times.fixed.milliseconds,
    },
    metric: { name: 'accuracy', full, adaptive, loss: full - adaptive },
    thresholds,
    guarantee: {
      metric: options.metric,
      maxLoss: options.maxLoss,
      confidence: options.confidence,
      calibrationRows,
      method: `Learn then Test, fixed sequence of ${promised.tested}, ${options.metric === 'agreement' ? 'exact binomial tail' : 'exact test of net losses'}`,
      pValue: promised.chosen?.pValue ?? 0,
      calibrationLoss: promised.chosen?.loss ?? 0,
      tested: promised.tested,
      accepted: promised.accepted,
      heldOut: { rows: table.rows, loss, kept: loss <= options.maxLoss },
    },
    bestFixed: {
      layer: fixedAt,
      accuracy: right(answersAt(table, fixedStops)),
      loss: mean(lossesOf(table, truth, fixedStops, options.metric)),
      speedup: speed.fixed.speedup,
    },
    exits: Array.from({ length: table.layers }, (_, i) => ({
      layer: i + 1,
      accuracy: right(answersAt(table, atLayer(i + 1))),
      agreement: 1 - mean(lossesOf(table, truth, atLayer(i + 1), 'agreement')),
      share: mean(Array.from(stops, (layer) => Number(layer === i + 1))),
    })),
    examples: examplesOf(input, stops),
    worthwhile,
    proposals: worthwhile ? [] : proposalsOf(input, fixedAt),
  };
}

/** Texts that stopped first and last, the clearest of each. */
function examplesOf({ table, truth, rows, labels }: ReportInput, stops: Uint16Array): ExitReport['examples'] {
  const answers = answersAt(table, stops);
  const exits = table.layers - 1;
  const sureness = (row: number) => table.scores[row * exits];
  const order = rows.map((_, row) => row).sort((a, b) => stops[a] - stops[b] || sureness(b) - sureness(a) || a - b);
  const shown = (row: number): Example => ({
    text: rows[row].text.slice(0, SHOWN_CHARACTERS),
    label: labels[truth[row]],
    predicted: labels[answers[row]],
    layers: stops[row],
  });
  const count = Math.min(SHOWN, Math.floor(order.length / 2));
  return { easy: order.slice(0, count).map(shown), hard: order.slice(-count).reverse().map(shown) };
}

function proposalsOf({ table, promised, speed, calibrationRows, options }: ReportInput, fixedAt: number): string[] {
  const ways: string[] = [];
  if (fixedAt < table.layers && speed.fixed.speedup >= Math.max(WORTH, speed.adaptive.speedup))
    ways.push(
      `Stop at layer ${fixedAt} always: ${speed.fixed.speedup.toFixed(2)} times as fast at the same promise, without any decisions.`,
    );
  if (promised.accepted < promised.tested)
    ways.push(
      `Calibrate on more rows: ${calibrationRows} could not prove faster ways of stopping, which may well keep the promise.`,
    );
  if (options.maxLoss < 0.02) ways.push(`Allow more: a loss of ${2 * options.maxLoss} instead of ${options.maxLoss}.`);
  ways.push(
    'Put a smaller model in front of this one: a cascade asks the large one only where the small one is unsure.',
  );
  ways.push('Distil it into a smaller student, or quantize it.');
  return ways;
}
