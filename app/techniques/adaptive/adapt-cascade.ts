/**
 * Puts a small classifier before a large one, which is asked only where the small one is not sure; how sure it must be is
 * proved as for exits (Learn then Test). To the proof a cascade is a model of two layers: the small one, and both.
 */

import { resolve } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import type { RowProblem } from '../../datasets/index.ts';
import { calibratedConfidence, cascadeOf, sameLabels } from '../../evaluate/cascade.ts';
import { openTextClassifier, type TextClassifier } from '../../evaluate/classify.ts';
import { assertReplaceable } from '../../files/atomic.ts';
import { argmax } from '../../generate/argmax.ts';
import { NEVER } from '../../models/adaptive-note.ts';
import { readLineage } from '../../models/lineage.ts';
import { type LabelledText, readLabelled } from '../transfer/labelled-rows.ts';
import { type AdaptData, assertEnough } from './adapt-classifier.ts';
import type { AdaptContext } from './adapt-context.ts';
import { assertPlain, writeCascade } from './cascade-folder.ts';
import { type ExitReport, reportExits } from './exit-report.ts';
import { learntBefore, splitLabelled } from './labelled-split.ts';
import { speedupOf, timeWays } from './measure-exits.ts';
import type { ExitTable } from './policy.ts';
import { promiseInTurn } from './promise.ts';
import type { AdaptOptions } from './schema.ts';
import { fitTemperature } from './scores.ts';

export interface CascadeResult extends ExitReport {
  readonly kind: 'cascade';
  readonly labels: readonly string[];
  /** Share of held-out texts that the large model was asked about. */
  readonly askedLarge: number;
  readonly temperature: number;
  readonly rows: {
    readonly learntBefore: number;
    readonly tuning: number;
    readonly calibration: number;
    readonly test: number;
  };
  readonly dial: readonly { readonly loss: number; readonly meanLayers: number }[];
  readonly problems: readonly RowProblem[];
  readonly problemCount: number;
  readonly small: string;
  readonly large: string;
  readonly model: string;
}

/** Texts that times are measured on. */
const TIMED = 60;
const BATCH = 16;

/**
 * Writes `out`: the large model as it is, the small one in a folder of its own, and when the large one is asked.
 * @throws UserError arguments/incompatible for models that answer different questions, adapt/too-few-rows, dataset/*, model/*
 */
export async function adaptCascade(
  folders: { readonly small: string; readonly large: string },
  data: AdaptData,
  out: string,
  options: AdaptOptions,
  context: AdaptContext,
): Promise<CascadeResult> {
  await assertReplaceable(out);
  await assertPlain(folders);
  const { threads } = context;
  const { maxLength } = options;
  const small = await openTextClassifier(folders.small, { threads, maxLength });
  let large: TextClassifier | undefined;
  try {
    large = await openTextClassifier(folders.large, { threads, maxLength });
    return await make(folders, { small, large, places: matched(small, large) }, data, out, options, context);
  } finally {
    small.dispose();
    large?.dispose();
  }
}

interface Both {
  readonly small: TextClassifier;
  readonly large: TextClassifier;
  /** Index of each label of the small model in the large one's. */
  readonly places: readonly number[];
}

function matched(small: TextClassifier, large: TextClassifier): number[] {
  if (small.problem !== 'single' || large.problem !== 'single')
    throw new UserError('arguments/incompatible', 'a cascade takes classifiers that give each text one label');
  const places = sameLabels(small.labels, large.labels);
  if (!places)
    throw new UserError(
      'arguments/incompatible',
      `the two models have different labels: ${small.labels.slice(0, 8).join(', ')}; ${large.labels.slice(0, 8).join(', ')}`,
    );
  return places;
}

async function make(
  folders: { readonly small: string; readonly large: string },
  both: Both,
  data: AdaptData,
  out: string,
  options: AdaptOptions,
  context: AdaptContext,
): Promise<CascadeResult> {
  const { labels } = both.large;
  const read = await readLabelled(data.file, data.columns, labels);
  const seen = new Set<string>();
  for (const folder of Object.values(folders)) {
    for (const text of learntBefore(read.rows, await readLineage(folder), resolve(data.file)) ?? []) seen.add(text);
  }
  const checked = data.evaluation && (await readLabelled(data.evaluation, data.columns, labels)).rows;
  const parts = splitLabelled(read.rows, options, { seen, test: checked || undefined, proofOnly: true });
  assertEnough(parts, options);

  const rows = [...parts.tuning, ...parts.calibration, ...parts.test];
  const truth = rows.map(({ label }) => labels.indexOf(label));
  const answers = await askBoth(both, rows, context);
  const tuned = parts.tuning.length;
  const temperature = fitTemperature(
    logitsOf(answers.small.slice(0, tuned)),
    truth.slice(0, tuned).map((label) => both.places.indexOf(label)),
    labels.length,
  );
  const table = tableOf(both, answers, temperature);
  const counts = { tuning: tuned, calibration: parts.calibration.length };
  const { promised, test } = promiseInTurn({ table, truth }, counts, options);
  const thresholds = promised.chosen?.thresholds ?? [NEVER];
  const times = await time(
    both,
    { temperature, threshold: thresholds[0] },
    promised.fixed !== undefined,
    parts.test,
    context,
  );
  const found = reportExits({
    table: test.table,
    truth: test.truth,
    rows: parts.test,
    labels,
    promised,
    thresholds,
    calibrationRows: parts.calibration.length,
    options,
    speed: { adaptive: speedupOf(times.full, times.adaptive), fixed: speedupOf(times.full, times.fixed) },
    times,
  });
  const report = { ...found, proposals: found.worthwhile ? [] : proposalsOf(found) };
  const { guarantee, metric, bestFixed } = report;
  const note = {
    version: 1,
    kind: 'cascade',
    labels,
    temperature,
    threshold: thresholds[0],
    maxLength: options.maxLength,
  };
  const dial = promised.dial.map(({ thresholds: [threshold], loss, meanLayers }) => ({ threshold, loss, meanLayers }));
  await writeCascade(
    folders,
    out,
    { ...note, dial, guarantee, metric, bestFixed },
    {
      ...options,
      data: resolve(data.file),
      ...data.columns,
      cascade: resolve(folders.small),
    },
  );
  return {
    kind: 'cascade',
    ...report,
    labels,
    askedLarge: report.exits[1].share,
    temperature,
    rows: {
      learntBefore: parts.train.length,
      tuning: tuned,
      calibration: parts.calibration.length,
      test: parts.test.length,
    },
    dial: dial.map(({ loss, meanLayers }) => ({ loss, meanLayers })),
    problems: read.problems,
    problemCount: read.problemCount,
    small: resolve(folders.small),
    large: resolve(folders.large),
    model: resolve(out),
  };
}

interface Answers {
  readonly small: readonly (readonly number[])[];
  readonly large: readonly (readonly number[])[];
}

async function askBoth(both: Both, rows: readonly LabelledText[], context: AdaptContext): Promise<Answers> {
  const answers = { small: [] as (readonly number[])[], large: [] as (readonly number[])[] };
  for (let at = 0; at < rows.length; at += BATCH) {
    context.signal?.throwIfAborted();
    const texts = rows.slice(at, at + BATCH).map(({ text }) => text);
    for (const which of ['small', 'large'] as const)
      answers[which].push(...(await both[which].classify(texts)).map(({ outputs }) => outputs));
    context.onProgress?.('reading', Math.min(rows.length, at + BATCH), rows.length);
  }
  return answers;
}

/** Logarithms of probabilities, which are logits too; those too small for a number at the smallest one. */
const logitsOf = (outputs: readonly (readonly number[])[]): Float32Array =>
  Float32Array.from(outputs.flat(), (p) => Math.log(Math.max(p, Number.MIN_VALUE)));

function tableOf({ places }: Both, { small, large }: Answers, temperature: number): ExitTable {
  const scores = Float32Array.from(small, (outputs) => calibratedConfidence(outputs, temperature));
  const predicted = Int32Array.from(small.flatMap((outputs, row) => [places[argmax(outputs)], argmax(large[row])]));
  return { rows: small.length, layers: 2, scores, predicted };
}

async function time(
  { small, large, places }: Both,
  rule: { readonly temperature: number; readonly threshold: number },
  smallSuffices: boolean,
  rows: readonly LabelledText[],
  context: AdaptContext,
) {
  const cascade = cascadeOf(small, large, rule, places);
  const timed = rows.filter((_, i) => i % Math.ceil(rows.length / TIMED) === 0).map(({ text }) => text);
  const ask = (classifier: TextClassifier) => (i: number) => classifier.classify([timed[i]]);
  const ways = { full: ask(large), adaptive: ask(cascade), fixed: ask(smallSuffices ? small : large) };
  return timeWays(ways, timed.length, context);
}

function proposalsOf({ bestFixed, guarantee, exits }: ExitReport): string[] {
  const ways: string[] = [];
  if (bestFixed.layer === 1)
    ways.push(`Use the small model alone: ${bestFixed.speedup.toFixed(2)} times as fast at the same promise.`);
  if (guarantee.accepted < guarantee.tested)
    ways.push(`Calibrate on more rows than ${guarantee.calibrationRows}: asking the small model more was not proved.`);
  if (exits[1].share > 0.5)
    ways.push(
      'Teach the small model more: distil the large one into it (lathe distill), so that it is sure of more texts.',
    );
  ways.push('Give the large model exits instead (lathe adapt without --cascade).');
  return ways;
}
