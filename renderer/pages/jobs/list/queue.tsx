/** Jobs that run, wait or were stopped; those that wait can be put in another order. */
import { ActionIcon } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Link } from 'wouter';
import type { JobSummary } from '../../../../app/contract/jobs.ts';
import { engine } from '../../../client/client.ts';
import { forget } from '../../../client/queries.ts';
import { inWindowWords } from '../../../client/window-words.ts';
import { percent } from '../../../format/number.ts';
import { duration } from '../../../format/time.ts';
import { Card } from '../../../ui/card.tsx';
import { Icon } from '../../../ui/icon.tsx';
import { JobState } from '../../../ui/job-state.tsx';
import { Meter } from '../../../ui/meter.tsx';
import { JobActions } from '../job-actions.tsx';
import { jobIcon, shareDone } from '../job-progress.ts';
import { useJobActions } from '../use-job-actions.ts';
import styles from './queue.module.css';

const ORDER = ['running', 'interrupted', 'paused', 'queued'];

const byTurn = (a: JobSummary, b: JobSummary): number =>
  ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || (a.position ?? 0) - (b.position ?? 0);

export function Queue({ jobs }: { readonly jobs: readonly JobSummary[] }) {
  const waiting = jobs.filter(({ state }) => state === 'queued').length;
  return (
    <Card title="Now" label="Running and waiting jobs" flush>
      <ul className={styles.queue}>
        {[...jobs].sort(byTurn).map((job) => (
          <QueuedJob key={job.id} job={job} waiting={waiting} />
        ))}
      </ul>
    </Card>
  );
}

function QueuedJob({ job, waiting }: { readonly job: JobSummary; readonly waiting: number }) {
  const actions = useJobActions();
  const move = useMutation({
    mutationFn: (position: number) => engine.jobs.move({ id: job.id, position }),
    onSuccess: () => forget('jobs'),
  });
  const share = shareDone(job);
  const position = job.position ?? 0;
  return (
    <li className={styles.job}>
      <Icon name={jobIcon(job)} />
      <div className={styles.name}>
        <Link href={`/jobs/${job.id}`} className={styles.link}>
          <b className="cut">{job.title}</b>
        </Link>
        <span className="t3 f12 cut">{doing(job)}</span>
      </div>
      <div className={styles.progress}>
        {job.state === 'queued' ? (
          <span className="t3 f12">{position === 0 ? 'next' : `${position} before it`}</span>
        ) : (
          <>
            <Meter share={share} label={`Progress of ${job.title}`} tone="progress" />
            <span className="f12 t2">{percent(share)}</span>
          </>
        )}
      </div>
      <div>
        <JobState job={job} />
      </div>
      <div className={styles.actions}>
        {job.state === 'queued' && waiting > 1 && (
          <>
            <ActionIcon
              aria-label={`Move ${job.title} up`}
              disabled={position === 0 || move.isPending}
              onClick={() => move.mutate(position - 1)}
            >
              <Icon name="up" />
            </ActionIcon>
            <ActionIcon
              aria-label={`Move ${job.title} down`}
              disabled={position >= waiting - 1 || move.isPending}
              onClick={() => move.mutate(position + 1)}
            >
              <Icon name="down" />
            </ActionIcon>
          </>
        )}
        <JobActions
          size="xs"
          job={job}
          pending={actions.isPending ? actions.variables.action : undefined}
          act={(action) => actions.mutate({ action, id: job.id })}
        />
      </div>
    </li>
  );
}

function doing({ state, progress, failure, resumable }: JobSummary): string {
  if (state === 'interrupted')
    return resumable
      ? 'The engine stopped. It goes on from its checkpoint.'
      : 'The engine stopped before the first checkpoint.';
  if (state === 'queued') return '';
  if (failure) return inWindowWords(failure.message);
  if (!progress) return state === 'running' ? 'Starting' : '';
  const left =
    progress.secondsLeft === undefined || state !== 'running' ? '' : `, ${duration(progress.secondsLeft)} left`;
  const count = progress.unit === '%' ? '' : ` ${Math.floor(progress.done)} of ${progress.total}`;
  return `${progress.label}${count}${progress.note ? `, ${progress.note}` : ''}${left}`;
}
