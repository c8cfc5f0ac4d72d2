/** What can be done to a job; what fails is told in the corner. */
import { useMutation } from '@tanstack/react-query';
import type { JobSummary } from '../../../app/contract/jobs.ts';
import { engine } from '../../client/client.ts';
import { forget } from '../../client/queries.ts';
import { attempt } from '../../ui/notify.tsx';

export type JobAction = 'pause' | 'resume' | 'cancel' | 'retry' | 'remove';

interface Asked {
  readonly action: JobAction;
  readonly id: string;
}

const ask = async ({ action, id }: Asked): Promise<JobSummary | undefined> => {
  if (action !== 'remove') return engine.jobs[action]({ id });
  await engine.jobs.remove({ id });
  return undefined;
};

export function useJobActions(onDone?: (action: JobAction, job: JobSummary) => void) {
  return useMutation({
    mutationFn: async (asked: Asked) => {
      const job = await attempt(() => ask(asked));
      await Promise.all([forget('jobs'), forget('job')]);
      if (job) onDone?.(asked.action, job);
    },
  });
}
