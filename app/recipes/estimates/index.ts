/** Estimates before anything starts: time, memory and disk, and what to do where they do not fit. */
import type { Estimate } from '../../contract/techniques.ts';
import { adapt } from './adapt.ts';
import { distill } from './distill.ts';
import { type EstimateInput, type Estimator, type Figures, measureSeconds, runningBytes } from './estimator.ts';
import { exportEstimate } from './export.ts';
import { finetune } from './finetune.ts';
import { optimize } from './optimize.ts';
import { profile } from './profile.ts';
import { prune } from './prune.ts';
import { quantize } from './quantize.ts';
import { transfer } from './transfer.ts';

const ESTIMATORS: Readonly<Record<string, Estimator>> = {
  adapt,
  finetune,
  transfer,
  distill,
  prune,
  quantize,
  optimize,
  profile,
  export: exportEstimate,
};

/** For a technique without an estimator: the model rewritten once and measured. */
const general: Estimator = ({ model, machine, data }) => ({
  seconds: 5 + model.parameters * 50e-9 + 2 * measureSeconds(model, model.sizeBytes, machine, data ? 100 : 0, 200),
  uncertainty: 4,
  memoryBytes: runningBytes(model, 4 * model.parameters),
  diskBytes: model.sizeBytes,
  resultBytes: model.sizeBytes,
  resultFormat: model.format,
});

export interface Room {
  readonly memoryBytes: number;
  readonly diskBytes: number;
}

/** Above this share of what is free it may still work, and may not. */
const TIGHT = 0.85;
const giga = (bytes: number): string => (bytes >= 10e9 ? (bytes / 1e9).toFixed(0) : (bytes / 1e9).toFixed(1));

export type EstimateFigures = Omit<Estimate, 'rows' | 'usableRows' | 'supervisedShare'>;

export function estimateStep(technique: string, input: EstimateInput, free: Room): EstimateFigures {
  const estimator = ESTIMATORS[technique] ?? general;
  const figures = estimator(input);
  const { seconds, uncertainty, memoryBytes, diskBytes, resultBytes, resultFormat, steps } = figures;
  const fits = figures.refusal === undefined ? fitOf(figures, free) : 'no';
  const reason =
    figures.refusal ??
    (diskBytes > free.diskBytes
      ? `Needs ${giga(diskBytes)} GB on the disk, ${giga(free.diskBytes)} GB are free.`
      : fits === 'yes'
        ? undefined
        : `Needs about ${giga(memoryBytes)} GB of memory, ${giga(free.memoryBytes)} GB are free.`);
  return {
    seconds: { low: seconds / uncertainty, mid: seconds, high: seconds * uncertainty },
    memoryBytes,
    memoryAvailableBytes: free.memoryBytes,
    diskBytes,
    diskFreeBytes: free.diskBytes,
    resultBytes,
    resultFormat,
    steps,
    cut: figures.cut,
    resultParameters: figures.resultParameters,
    decodeTokensPerSecond: figures.decodeTokensPerSecond,
    fits,
    reason,
    remedies: fits === 'yes' ? [] : remedies(estimator, input, figures, free),
    basis: `Estimated from ${(input.machine.flops / 1e9).toFixed(0)} GFLOP/s and ${(input.machine.bandwidth / 1e9).toFixed(1)} GB/s measured here`,
  };
}

function fitOf({ memoryBytes, diskBytes }: Figures, free: Room): 'yes' | 'tight' | 'no' {
  if (memoryBytes > free.memoryBytes || diskBytes > free.diskBytes) return 'no';
  return memoryBytes > TIGHT * free.memoryBytes ? 'tight' : 'yes';
}

/** Those that help; where one is enough, only such. */
function remedies(estimator: Estimator, input: EstimateInput, now: Figures, free: Room): Estimate['remedies'] {
  const tried = (now.remedies ?? []).map(({ label, options }) => {
    const figures = estimator({ ...input, options: { ...input.options, ...options } });
    return {
      label,
      options: { ...options },
      memoryBytes: figures.memoryBytes,
      enough: figures.refusal === undefined && fitOf(figures, free) === 'yes',
    };
  });
  const helping = tried.filter(({ memoryBytes, enough }) =>
    now.refusal === undefined ? memoryBytes < 0.95 * now.memoryBytes : enough,
  );
  const enough = helping.filter((way) => way.enough);
  return (enough.length > 0 ? enough : helping).slice(0, 3).map(({ enough: _, ...way }) => way);
}
