/** A job's state as a badge: word, icon and colour. */
import type { JobSummary } from '../../app/contract/jobs.ts';
import { Badge, type Tone } from './badge.tsx';
import type { IconName } from './icons.tsx';

const LOOK: Readonly<Record<JobSummary['state'], readonly [Tone, IconName, string]>> = {
  queued: ['neutral', 'dots', 'Queued'],
  running: ['accent', 'play', 'Running'],
  paused: ['neutral', 'pause', 'Paused'],
  done: ['good', 'check', 'Done'],
  failed: ['bad', 'warn', 'Failed'],
  cancelled: ['neutral', 'x', 'Cancelled'],
  interrupted: ['warn', 'warn', 'Interrupted'],
};

export function JobState({ job }: { readonly job: Pick<JobSummary, 'state' | 'stopping' | 'failure'> }) {
  const [tone, icon, word] = LOOK[job.state];
  const stopping = job.stopping === 'pause' ? 'Pausing' : job.stopping === 'cancel' ? 'Cancelling' : undefined;
  return (
    <Badge tone={tone} icon={icon} title={job.failure?.message}>
      {stopping ?? word}
    </Badge>
  );
}
