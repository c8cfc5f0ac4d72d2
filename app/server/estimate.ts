/** An estimate of one step on this machine, with what the data set's report adds to it. */

import { stepCommand } from '../cli/recipe-plan.ts';
import { UserError } from '../contract/errors.ts';
import type { Estimate } from '../contract/techniques.ts';
import { estimateStep } from '../recipes/estimates/index.ts';
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
  const [model, machine, hardware, diskBytes, report] = await Promise.all([
    engine.tools.call('modelShape', { path }),
    engine.calibration(),
    engine.hardware(),
    engine.diskFree(),
    datasetId === undefined ? undefined : reportOf(engine, datasetId, path),
  ]);
  const tokens = report?.tokens;
  const data =
    tokens && report.usableRows > 0
      ? { rows: report.usableRows, tokens: tokens.total, meanTokens: tokens.total / report.usableRows }
      : undefined;
  const free = { memoryBytes: hardware.memory.freeBytes, diskBytes };
  return {
    ...estimateStep(technique, { model, machine, options, data }, free),
    rows: report?.rows,
    usableRows: report?.usableRows,
    supervisedShare: report?.supervisedShare,
  };
}

async function reportOf(engine: Engine, id: string, model: string) {
  const { path } = engine.datasets.get(id);
  const hash = await engine.tools.call('tokenizerHash', { path: model });
  const state = await engine.tools.call('datasetState', { path });
  return engine.datasets.check(id, { path: model, hash }, state);
}
