/** Jobs: the queue, one job with its progress, metrics, log, samples and report. */
import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { measurements } from './measurements.ts';
import { plan } from './recipes.ts';
import { count, failure, id, json, modelId, page, procedure, time } from './shared.ts';

export const JOB_STATES = ['queued', 'running', 'paused', 'done', 'failed', 'cancelled', 'interrupted'] as const;
export const jobState = z.enum(JOB_STATES);
export type JobState = z.infer<typeof jobState>;

export const progress = z.object({
  /** "Training", "Before: perplexity". */
  label: z.string(),
  done: z.number(),
  total: z.number(),
  unit: z.string(),
  /** "loss 1.82". */
  note: z.string().optional(),
  /** Estimated, of this stage. */
  secondsLeft: z.number().nonnegative().optional(),
});
export type JobProgress = z.infer<typeof progress>;

export const jobSummary = z.object({
  id,
  title: z.string(),
  kind: z.enum(['recipe', 'import', 'download']),
  /** Of each step: `finetune`, `quantize`, `profile`, `export`, `import`. */
  techniques: z.array(z.string()),
  state: jobState,
  /** Asked to pause or stop, not there yet. */
  stopping: z.enum(['pause', 'cancel']).optional(),
  /** Place in the queue, from 0, while it is queued. */
  position: count.optional(),
  /** Which step is being done, from 0. */
  step: count,
  progress: progress.optional(),
  /** A checkpoint exists: Resume goes on from it. */
  resumable: z.boolean(),
  model: z.string().optional(),
  datasetId: id.optional(),
  createdAt: time,
  startedAt: time.optional(),
  finishedAt: time.optional(),
  /** Seconds of work, pauses left out. */
  seconds: z.number().nonnegative(),
  failure: failure.optional(),
  /** Models of the library that this job made, the last step's last. */
  results: z.array(modelId),
  exports: z.array(id),
});
export type JobSummary = z.infer<typeof jobSummary>;

export const stepReport = z.object({
  name: z.string(),
  options: json,
  state: z.enum(['waiting', 'running', 'done', 'failed']),
  startedAt: time.optional(),
  finishedAt: time.optional(),
  before: measurements.optional(),
  after: measurements.optional(),
  /** The step's whole JSON document, as the command prints it, long lists left out. */
  result: json.optional(),
  modelId: modelId.optional(),
  exportId: id.optional(),
});
export type StepReport = z.infer<typeof stepReport>;

export const jobDetail = jobSummary.extend({
  yaml: z.string(),
  steps: z.array(stepReport),
  prompts: z.array(z.string()),
  /** Names of the metrics that there are. */
  series: z.array(z.string()),
  peakMemoryBytes: z.number().optional(),
});
export type JobDetail = z.infer<typeof jobDetail>;

/** Columns of one metric, thinned to at most `maxPoints`: mean, lowest and highest of each stretch of steps. */
export const series = z.object({
  name: z.string(),
  steps: z.array(z.number()),
  values: z.array(z.number()),
  low: z.array(z.number()),
  high: z.array(z.number()),
  /** Points before thinning. */
  points: count,
});
export type MetricSeries = z.infer<typeof series>;

export const logLine = z.object({
  number: count,
  at: time,
  level: z.enum(['debug', 'info', 'warn', 'error']),
  text: z.string(),
});

export const sample = z.object({
  /** Before the first step, at a training step's checkpoint, or after. */
  moment: z.enum(['before', 'during', 'after']),
  step: count,
  at: time,
  prompt: z.string(),
  text: z.string(),
});

/** What a page that shows one job hears. */
export const jobEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('job'), job: jobSummary }),
  z.object({ kind: z.literal('progress'), progress, step: count }),
  /** Values of one training step: loss, learningRate, gradientNorm, tokensPerSecond, memoryBytes, … */
  z.object({
    kind: z.literal('metrics'),
    points: z.array(z.object({ step: count, values: z.record(z.string(), z.number()) })),
  }),
  z.object({ kind: z.literal('log'), lines: z.array(logLine) }),
  z.object({ kind: z.literal('sample'), sample }),
]);
export type JobEvent = z.infer<typeof jobEvent>;

const one = z.object({ id });

export const jobs = {
  list: procedure
    .input(page.extend({ states: z.array(jobState).optional(), model: modelId.optional() }))
    .output(z.object({ total: count, items: z.array(jobSummary), counts: z.record(jobState, count) })),
  get: procedure.input(one).output(jobDetail),
  /** A wizard's plan, or a recipe's YAML. `prompts` are answered before and after. */
  start: procedure
    .input(
      z.object({
        plan: plan.optional(),
        yaml: z.string().max(1_000_000).optional(),
        title: z.string().trim().min(1).max(120).optional(),
        prompts: z.array(z.string().min(1).max(4000)).max(10).default([]),
        draftId: id.optional(),
      }),
    )
    .output(jobSummary),
  /** The starter demo: fine-tune on the sample data, quantize, export, all measured. */
  startDemo: procedure.input(z.object({})).output(jobSummary),
  pause: procedure.input(one).output(jobSummary),
  /** Goes on from the last checkpoint, at the head of the queue. */
  resume: procedure.input(one).output(jobSummary),
  cancel: procedure.input(one).output(jobSummary),
  /** The same again, from the start, as a new job. */
  retry: procedure.input(one).output(jobSummary),
  /** To this place in the queue, from 0. */
  move: procedure.input(one.extend({ position: count })).output(jobSummary),
  /** A finished job leaves the list; its models stay. */
  remove: procedure.input(one).output(z.object({})),
  metrics: procedure
    .input(
      one.extend({
        names: z.array(z.string()).optional(),
        /** Only steps beyond this one. */
        after: z.number().int().optional(),
        before: z.number().int().optional(),
        maxPoints: z.number().int().min(2).max(20_000).default(1000),
      }),
    )
    .output(z.array(series)),
  log: procedure
    .input(
      one.extend({ after: z.number().int().default(-1), limit: z.number().int().positive().max(5000).default(1000) }),
    )
    .output(z.object({ lines: z.array(logLine), total: count })),
  samples: procedure.input(one).output(z.array(sample)),
  /** Begins with the job as it is; ends when the job does. */
  watch: procedure.input(one).output(eventIterator(jobEvent)),
};
