/** A kept job as lists show it. */
import type { JobDetail, JobSummary } from '../contract/jobs.ts';
import type { JobRecord } from '../store/jobs.ts';

/** @param position among the queued jobs */
export function summaryOf(job: JobRecord, exports: readonly string[], position?: number): JobSummary {
  const running = job.runningSince === undefined ? 0 : (Date.now() - job.runningSince) / 1000;
  return {
    id: job.id,
    title: job.title,
    kind: job.task.kind,
    techniques: job.steps.map(({ name }) => name),
    state: job.state,
    stopping: job.stopping,
    position,
    step: Math.min(job.step, job.steps.length - 1),
    progress: job.progress,
    resumable: ['paused', 'interrupted', 'failed'].includes(job.state),
    model: job.model,
    datasetId: job.datasetId,
    createdAt: job.createdAt,
    startedAt: job.startedAt,
    finishedAt: job.finishedAt,
    seconds: job.workedSeconds + running,
    failure: job.failure,
    results: job.steps.flatMap(({ modelId }) => (modelId ? [modelId] : [])),
    exports: [...exports],
  };
}

export function detailOf(job: JobRecord, summary: JobSummary, series: readonly string[]): JobDetail {
  const { task } = job;
  return {
    ...summary,
    yaml: task.kind === 'recipe' ? task.yaml : '',
    steps: [...job.steps],
    prompts: task.kind === 'recipe' ? [...task.prompts] : [],
    series: [...series],
    peakMemoryBytes: job.peakMemory,
  };
}
