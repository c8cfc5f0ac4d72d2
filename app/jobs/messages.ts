/** What passes between the engine and the worker process of one job. */
import type { JobProgress } from '../contract/jobs.ts';
import type { Failure } from '../contract/shared.ts';
import type { JobTask, Sample } from '../store/jobs.ts';
import type { MetricPoint } from '../store/metrics.ts';

export interface WorkerStart {
  readonly kind: 'start';
  readonly task: JobTask;
  readonly home: string;
  /** The job's own folder: unfinished results and checkpoints. */
  readonly work: string;
  readonly exportsFolder: string;
  readonly threads?: number;
  /** Step to begin with, from 0, and the model it begins with. */
  readonly step: number;
  readonly model?: string;
  /** Continue from the step's checkpoint. */
  readonly resume: boolean;
}

export type ToWorker = WorkerStart | { readonly kind: 'stop' };

export type FromWorker =
  | { readonly kind: 'progress'; readonly progress: JobProgress }
  | { readonly kind: 'metrics'; readonly points: readonly MetricPoint[] }
  | { readonly kind: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly text: string }
  | { readonly kind: 'sample'; readonly sample: Sample }
  | { readonly kind: 'step-begin'; readonly step: number; readonly options: Readonly<Record<string, unknown>> }
  | {
      readonly kind: 'step-end';
      readonly step: number;
      readonly result: Readonly<Record<string, unknown>>;
      /** Library id of the model it made. */
      readonly model?: string;
      readonly exported?: ExportedResult;
    }
  | { readonly kind: 'done'; readonly peakMemory: number }
  /** Stopped because it was asked to; what can be kept is kept. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly failure: Failure };

export interface ExportedResult {
  readonly target: string;
  readonly folder: string;
  /** The model that was exported. */
  readonly source: string;
  readonly files: readonly { readonly path: string; readonly sizeBytes: number; readonly sha256: string }[];
  readonly checks: readonly { readonly name: string; readonly passed: boolean; readonly detail: string }[];
}
