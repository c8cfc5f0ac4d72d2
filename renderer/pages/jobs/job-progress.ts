/** The icon of a job, and how far it is. */
import type { JobSummary } from '../../../app/contract/jobs.ts';
import type { IconName } from '../../ui/icons.tsx';
import { techniqueIcon } from '../../ui/technique.ts';

/** Of the whole job: its one technique's, or a list's. */
export const jobIcon = ({ techniques }: Pick<JobSummary, 'techniques'>): IconName =>
  techniques.length === 1 ? techniqueIcon(techniques[0]) : 'jobs';

/** 0 to 1 over all steps; each step counts alike. */
export function shareDone({ state, progress, step, techniques }: JobSummary): number {
  if (state === 'done') return 1;
  const within = progress === undefined || progress.total <= 0 ? 0 : Math.min(1, progress.done / progress.total);
  return techniques.length === 0 ? within : Math.min(1, (step + within) / techniques.length);
}
