/** An estimate of one step on this machine, with what the data set's report adds to it. */

import { stepCommand } from '../cli/recipe-plan.ts';
import type { DatasetCheck } from '../contract/datasets.ts';
import { transferTask } from '../contract/datasets.ts';
import { UserError } from '../contract/errors.ts';
import type { Estimate } from '../contract/techniques.ts';
import type { EstimateInput } from '../recipes/estimates/estimator.ts';
import { estimateStep } from '../recipes/estimates/index.ts';
import { readStudentSpec } from '../techniques/distill/student-spec.ts';
import type { Engine } from './composition.ts';

export interface EstimateRequest {
  readonly technique: string;
  readonly modelId: string;
  readonly datasetId?: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** @throws UserError library/not-found, dataset/*, arguments/invalid */
export async function estimate(engine: Engine, request: EstimateRequest): Promise<Estimate> {
  const { technique, modelId, datasetId, options } = request;
  if (!stepCommand(technique)) throw new UserError('arguments/invalid', `there is no technique "${technique}"`);
  const { path } = engine.models.get(modelId);
  const model = await engine.tools.call('modelShape', { path });
  // A classifier's rows are no conversations: they have a report of their own.
  const labelled = technique === 'transfer' || (technique === 'distill' && model.classifies === true);
  const [student, machine, hardware, diskBytes, report] = await Promise.all([
    studentOf(engine, request),
    engine.calibration(),
    engine.hardware(),
    engine.diskFree(),
    datasetId === undefined || labelled ? undefined : reportOf(engine, datasetId, path),
  ]);
  const asked = technique === 'distill' ? { ...options, task: 'classification' } : options;
  const labels = datasetId !== undefined && labelled ? await labelsOf(engine, datasetId, path, asked) : undefined;
  const data = labels ? labels.data : datasetId === undefined ? undefined : amountOf(engine, datasetId, report);
  const free = { memoryBytes: hardware.memory.freeBytes, diskBytes };
  return {
    ...estimateStep(technique, { model, student, machine, options, data }, free),
    rows: labels?.rows ?? report?.rows,
    usableRows: labels?.usableRows ?? report?.usableRows,
    supervisedShare: report?.supervisedShare,
  };
}

/** What a classifier would learn from: its rows in the tokens of this model. */
async function labelsOf(engine: Engine, id: string, model: string, options: EstimateRequest['options']) {
  const named = (value: unknown) => (typeof value === 'string' ? value : undefined);
  const { path } = engine.datasets.get(id);
  const { text, label, other, negative } = options;
  const columns = { text: named(text), label: named(label), other: named(other), negative: named(negative) };
  const task = transferTask.safeParse(options.task).data;
  const facts = await engine.tools.call('labels', { path, ...columns, task });
  const { rows, usableRows, classCount, problem, pairs } = facts;
  const read = [facts.text, pairs === undefined ? undefined : facts.other].filter((name) => name !== undefined);
  const words = facts.task === 'token-classification';
  const lengths = await engine.tools.call('textLengths', { path, model, columns: read, words });
  const meanTokens = lengths.reduce((a, b) => a + b, 0) / Math.max(1, lengths.length);
  return {
    rows,
    usableRows,
    data: {
      ...{ rows: usableRows, tokens: meanTokens * usableRows, meanTokens, lengths },
      ...{ classes: classCount, triples: pairs !== undefined && pairs.negatives > 0 },
      // Columns that nobody chose yet can still be changed.
      problem: columns.text === undefined ? undefined : problem?.message,
    },
  };
}

/** The smaller model beside it, where it is one of the library: distillation's student, a cascade's first. */
async function studentOf(engine: Engine, { technique, options }: EstimateRequest): Promise<EstimateInput['student']> {
  const { student, cascade } = options;
  const wanted = technique === 'distill' ? student : technique === 'adapt' ? cascade : undefined;
  if (typeof wanted !== 'string' || wanted === '' || (technique === 'distill' && readStudentSpec(wanted)))
    return undefined;
  return await engine.tools.call('modelShape', { path: engine.models.get(wanted).path });
}

/** A report that takes longer is not waited for: once it is there, asking again gives better figures. */
const PATIENCE_MS = 2500;

async function reportOf(engine: Engine, id: string, model: string): Promise<DatasetCheck | undefined> {
  const { path } = engine.datasets.get(id);
  const hash = await engine.tools.call('tokenizerHash', { path: model });
  const state = await engine.tools.call('datasetState', { path });
  const check = engine.datasets.check(id, { path: model, hash }, state);
  check.catch(() => undefined);
  const patience = new Promise<undefined>((resolve) => setTimeout(resolve, PATIENCE_MS, undefined));
  return Promise.race([check, patience]);
}

/** Bytes of a token and of a row where nothing better is known yet. */
const TOKEN_BYTES = 5;
const ROW_BYTES = 300;

function amountOf(engine: Engine, id: string, report: DatasetCheck | undefined): EstimateInput['data'] {
  if (report?.tokens && report.usableRows > 0) {
    const { total, supervised, max } = report.tokens;
    const { usableRows: rows } = report;
    return { rows, tokens: total, meanTokens: total / rows, supervisedShare: supervised / total, longest: max };
  }
  const { sizeBytes, rows = Math.max(1, Math.round(sizeBytes / ROW_BYTES)) } = engine.datasets.get(id);
  const tokens = sizeBytes / TOKEN_BYTES;
  return { rows, tokens, meanTokens: tokens / Math.max(1, rows) };
}
