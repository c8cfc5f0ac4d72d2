/**
 * Gives an encoder, or a classifier, exits after every layer, and finds out how early texts may stop so that, with the
 * stated confidence, no more is lost than was allowed (Learn then Test: Angelopoulos et al. 2021; CALM: Schuster et al. 2022).
 */

import { join, resolve } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import type { RowProblem } from '../../datasets/index.ts';
import { mean } from '../../evaluate/statistics.ts';
import { assertReplaceable } from '../../files/atomic.ts';
import { NEVER } from '../../models/adaptive-note.ts';
import { encodeTexts } from '../../models/encode-texts.ts';
import { readLineage } from '../../models/lineage.ts';
import { type Model, openModel } from '../../models/model.ts';
import { loadTokenizer } from '../../models/tokenizer.ts';
import { quantizeProducts } from '../../onnx/quantize-products.ts';
import { type Columns, type LabelledText, readLabelled } from '../transfer/labelled-rows.ts';
import type { AdaptContext } from './adapt-context.ts';
import { type AdaptiveNote, writeAdaptive } from './adaptive-folder.ts';
import { adaptiveGraph, type ExitRule, fixedExit, flatExits, weightsOf } from './exit-graphs.ts';
import { type ExitReport, reportExits } from './exit-report.ts';
import { fitRule, tableOf } from './exit-rule.ts';
import { haltingOf, logitsOfLayers, runExits } from './exit-runner.ts';
import type { Epoch } from './exit-training.ts';
import { answersOf, compareAtFullDepth } from './full-depth.ts';
import { learntBefore, type Parts, splitLabelled } from './labelled-split.ts';
import { speedupOf, timeInTurns } from './measure-exits.ts';
import { answersAt, type ExitTable, stoppingLayers } from './policy.ts';
import { type JudgedRows, lossesOf, type Promised, promiseInTurn, pValueOf } from './promise.ts';
import { requiredRows } from './risk.ts';
import type { AdaptOptions } from './schema.ts';
import { haltingTable, type LayerLogits } from './scores.ts';
import { trainExits } from './train-exits.ts';

export interface AdaptData {
  readonly file: string;
  readonly columns: Columns;
  /** Check on this file instead of held-out rows. */
  readonly evaluation?: string;
}

export interface AdaptClassifierResult extends ExitReport {
  readonly kind: 'classifier';
  readonly method: AdaptOptions['method'];
  readonly exit: AdaptOptions['exit'];
  readonly labels: readonly string[];
  readonly rows: {
    readonly train: number;
    readonly tuning: number;
    readonly calibration: number;
    readonly test: number;
  };
  readonly epochs: readonly Epoch[];
  /** Method act: what stopping by halting units and by the heads' confidence come to, at the same promise. */
  readonly compared?: { readonly halting: FoundWay; readonly confidence: FoundWay };
  /** Places of a dial from careful to fast: all that keep the promise. */
  readonly dial: readonly { readonly loss: number; readonly meanLayers: number }[];
  /** Largest difference of the logits from the whole model's where every threshold is 1. */
  readonly differenceAtFullDepth: number;
  readonly problems: readonly RowProblem[];
  readonly problemCount: number;
  readonly model: string;
  readonly onnx: string;
}

/** On held-out rows. */
export interface FoundWay {
  readonly meanLayers: number;
  readonly loss: number;
  /** Share of rows with the right answer. */
  readonly accuracy: number;
}

/** Texts that times are measured on. */
const TIMED = 60;

/**
 * Trains and writes `out`: the model with its exits, thresholds and proof, and the same as one ONNX file.
 * @throws UserError adapt/too-few-rows, dataset/*, model/*, training/diverged, disk/full, file/*
 */
export async function adaptClassifier(
  folder: string,
  data: AdaptData,
  out: string,
  options: AdaptOptions,
  context: AdaptContext,
): Promise<AdaptClassifierResult> {
  await assertReplaceable(out);
  const model = await openModel(folder);
  if (model.config.layers < 2) throw new UserError('arguments/incompatible', 'a model of one layer cannot stop early');
  const read = await readLabelled(data.file, data.columns, labelsOf(model));
  const { labels } = read;
  const seen = learntBefore(read.rows, await readLineage(folder), resolve(data.file));
  const checked = data.evaluation && (await readLabelled(data.evaluation, data.columns, labels)).rows;
  const parts = splitLabelled(read.rows, options, { seen, test: checked || undefined });
  assertEnough(parts, options);
  const tokenizer = await loadTokenizer(folder);
  const maxLength = Math.min(options.maxLength, model.config.maxLength);
  const encode = (rows: readonly LabelledText[]) =>
    encodeTexts(
      tokenizer,
      rows.map(({ text }) => text),
      maxLength,
    );
  const classesOf = (rows: readonly LabelledText[]) => rows.map(({ label }) => labels.indexOf(label));

  const training = { ids: encode(parts.train), classes: classesOf(parts.train), labels: labels.length };
  const { values, epochs } = await trainExits(model, training, options, context);
  const halting = options.method === 'act';
  const exact = await flatExits(model, labels.length, weightsOf(model, values), { halting });
  const quantized = options.quantize === 'int8';
  const flat = quantized ? { ...exact, graph: quantizeProducts(exact.graph) } : exact;

  // Everything after training looks only at what each layer answers.
  const others = [...parts.tuning, ...parts.calibration, ...parts.test];
  const ids = encode(others);
  const truth = classesOf(others);
  const results = await runExits(flat, ids, context);
  const logits = logitsOfLayers(results, flat.layers);
  const tuning = Array.from(parts.tuning, (_, row) => row);
  const ruleOf = (z: LayerLogits) => fitRule(options.exit, z, tuning, truth, labels.length);
  const rule: ExitRule = halting ? { kind: 'halting' } : ruleOf(logits);
  const whole = fixedExit(exact, exact.layers);
  const full = quantized ? await answersOf({ ...exact, graph: whole }, ids, context) : undefined;
  const counts = { tuning: parts.tuning.length, calibration: parts.calibration.length };
  const promiseOf = (scored: ExitTable) => promiseInTurn({ table: { ...scored, full }, truth }, counts, options);
  const units = halting ? haltingOf(results, flat.layers) : undefined;
  const { promised, exits, test } = promiseOf(
    units ? haltingTable(logits, labels.length, units.halted) : tableOf(rule, logits, labels.length),
  );
  // The same model, rows and promise by the confidence of its heads, which halting has to be better than.
  const rival = units && promiseOf(tableOf(ruleOf(units.own), units.own, labels.length));
  const thresholds = promised.chosen?.thresholds ?? new Array<number>(flat.layers - 1).fill(NEVER);

  const timed = ids
    .slice(counts.tuning + counts.calibration)
    .filter((_, i) => i % Math.ceil(parts.test.length / TIMED) === 0);
  const graph = adaptiveGraph(flat, rule, thresholds, exits);
  const fixed = promised.fixed?.layer ?? flat.layers;
  const times = await timeInTurns({ full: whole, adaptive: graph, fixed: fixedExit(flat, fixed) }, timed, context);
  const report = reportExits({
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
  const differenceAtFullDepth = await compareAtFullDepth(flat, rule, timed.slice(0, 16), context);
  const note: AdaptiveNote = {
    version: 1,
    labels,
    rule,
    thresholds,
    exits,
    dial: promised.dial.map(({ thresholds: t, loss, meanLayers }) => ({ thresholds: t, loss, meanLayers })),
    guarantee: report.guarantee,
    metric: report.metric,
    bestFixed: report.bestFixed,
    layers: flat.layers,
    maxLength,
  };
  await writeAdaptive(out, model, values, graph, note, { ...options, data: resolve(data.file), ...data.columns });
  return {
    kind: 'classifier',
    ...report,
    method: options.method,
    exit: options.exit,
    labels,
    rows: {
      train: parts.train.length,
      tuning: parts.tuning.length,
      calibration: parts.calibration.length,
      test: parts.test.length,
    },
    epochs,
    ...(rival
      ? {
          compared: { halting: found(promised, test, options), confidence: found(rival.promised, rival.test, options) },
        }
      : {}),
    dial: promised.dial.map(({ loss, meanLayers }) => ({ loss, meanLayers })),
    differenceAtFullDepth,
    problems: read.problems,
    problemCount: read.problemCount,
    model: resolve(out),
    onnx: join(resolve(out), 'onnx', 'model.onnx'),
  };
}

/** The classes of a model that is a classifier already. */
export function labelsOf({ task, configJson }: Model): string[] | undefined {
  if (task.kind !== 'classification') return undefined;
  const names = (configJson.id2label ?? {}) as Readonly<Record<string, unknown>>;
  return Array.from({ length: task.labels }, (_, id) => String(names[id] ?? `LABEL_${id}`));
}

export function assertEnough(parts: Parts, { metric, maxLoss, confidence, calibration }: AdaptOptions): void {
  const needed = requiredRows(pValueOf(metric), maxLoss, 1 - confidence);
  const have = parts.calibration.length;
  if (have < needed) {
    const total = parts.train.length + parts.tuning.length + have + parts.test.length;
    const all = Math.ceil((total * needed) / have);
    throw new UserError(
      'adapt/too-few-rows',
      `to promise a loss of at most ${maxLoss} with ${100 * confidence} % confidence takes ${needed} calibration rows, and there are ${have}: give about ${all} rows in all, a larger share for calibration (now ${calibration}), or allow more`,
    );
  }
}

function found({ chosen }: Promised, { table, truth }: JudgedRows, { metric }: AdaptOptions): FoundWay {
  const stops = stoppingLayers(table, chosen?.thresholds ?? new Array<number>(table.layers - 1).fill(NEVER));
  const answers = answersAt(table, stops);
  return {
    meanLayers: mean(stops),
    loss: mean(lossesOf(table, truth, stops, metric)),
    accuracy: mean(Array.from(answers, (answer, row) => Number(answer === truth[row]))),
  };
}
