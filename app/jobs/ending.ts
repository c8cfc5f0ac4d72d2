/** What becomes of a job whose worker has ended. */
import type { Failure } from '../contract/shared.ts';
import type { JobRecord } from '../store/jobs.ts';
import type { WorkerEnd } from './worker-process.ts';

const UNEXPLAINED: Failure = { code: 'job/crashed', message: 'the worker stopped by itself', hint: '' };

/** @returns what changes of the job; a failed one has its failure in it */
export function changeAtEnd(job: JobRecord, end: WorkerEnd, now = Date.now()): Partial<JobRecord> {
  const workedSeconds = job.workedSeconds + (now - (job.runningSince ?? now)) / 1000;
  const over = { workedSeconds, runningSince: undefined, stopping: undefined };
  if (end.kind === 'done') {
    const peakMemory = Math.max(end.peakMemory, job.peakMemory ?? 0);
    return { ...over, state: 'done', finishedAt: now, peakMemory, progress: undefined, resume: false };
  }
  if (job.stopping === 'pause' && end.kind !== 'failed') return { ...over, state: 'paused', finishedAt: undefined };
  if (job.stopping === 'cancel' && end.kind !== 'failed') return { ...over, state: 'cancelled', finishedAt: now };
  const failure = end.kind === 'stopped' ? UNEXPLAINED : end.failure;
  const steps = job.steps.map((step, i) =>
    i === job.step && step.state === 'running' ? { ...step, state: 'failed' as const } : step,
  );
  return { ...over, steps, state: 'failed', finishedAt: now, failure };
}
