/** Which of the waiting jobs start now: heavy ones a few at a time, light ones beside them. */
import type { JobRecord } from '../store/jobs.ts';

/** Imports and downloads need little memory: this many run beside the heavy jobs. */
const LIGHT_JOBS = 2;

const isHeavy = ({ task }: Pick<JobRecord, 'task'>): boolean => task.kind === 'recipe';

/** @param queued in their order */
export function startable<T extends Pick<JobRecord, 'task'>>(
  queued: readonly T[],
  running: readonly Pick<JobRecord, 'task'>[],
  heavyAtOnce: number,
): T[] {
  let heavy = running.filter(isHeavy).length;
  let light = running.length - heavy;
  return queued.filter((job) => {
    if (isHeavy(job) ? heavy >= heavyAtOnce : light >= LIGHT_JOBS) return false;
    if (isHeavy(job)) heavy += 1;
    else light += 1;
    return true;
  });
}
