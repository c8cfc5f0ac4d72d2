/** Words, tone and icon for the states of jobs, and how far they are. */
import type { JobState, JobSummary } from '../../../app/contract/jobs.ts';
import type { Tone } from '../../ui/badge.tsx';
import type { IconName } from '../../ui/icons.tsx';
import { techniqueIcon } from '../../ui/technique.ts';

export const STATES: Readonly<
  Record<JobState, { readonly word: string; readonly tone: Tone; readonly icon: IconName }>
> = {
  queued: { word: 'Waiting', tone: 'neutral', icon: 'jobs' },
  running: { word: 'Running', tone: 'accent', icon: 'play' },
  paused: { word: 'Paused', tone: 'warn', icon: 'pause' },
  done: { word: 'Done', tone: 'good', icon: 'check' },
  failed: { word: 'Failed', tone: 'bad', icon: 'warn' },
  cancelled: { word: 'Cancelled', tone: 'neutral', icon: 'x' },
  interrupted: { word: 'Interrupted', tone: 'warn', icon: 'warn' },
};

/** Of the whole job: its one technique's, or a list's. */
export const jobIcon = ({ techniques }: Pick<JobSummary, 'techniques'>): IconName =>
  techniques.length === 1 ? techniqueIcon(techniques[0]) : 'jobs';

export const isActive = ({ state }: Pick<JobSummary, 'state'>): boolean => state === 'running' || state === 'queued';
export const isOver = ({ state }: Pick<JobSummary, 'state'>): boolean =>
  state === 'done' || state === 'failed' || state === 'cancelled';

/** 0 to 1 over all steps; each step counts alike. */
export function shareDone({ state, progress, step, techniques }: JobSummary): number {
  if (state === 'done') return 1;
  const within = progress === undefined || progress.total <= 0 ? 0 : Math.min(1, progress.done / progress.total);
  return techniques.length === 0 ? within : Math.min(1, (step + within) / techniques.length);
}
