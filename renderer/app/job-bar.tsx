/** The running job, always in reach at the foot of the window. */
import { ActionIcon, Tooltip } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { JobSummary } from '../../app/contract/jobs.ts';
import { engine } from '../client/client.ts';
import { forget } from '../client/queries.ts';
import { compactCount } from '../format/number.ts';
import { duration } from '../format/time.ts';
import { Icon } from '../ui/icon.tsx';
import { Meter } from '../ui/meter.tsx';
import { attempt } from '../ui/notify.tsx';
import { techniqueIcon } from '../ui/technique.ts';
import styles from './job-bar.module.css';

const ASK_MS = 1000;

async function act(work: (job: { id: string }) => Promise<unknown>, id: string): Promise<void> {
  await attempt(() => work({ id }));
  await forget('jobs');
}

function Running({ job }: { readonly job: JobSummary }) {
  const { progress } = job;
  return (
    <>
      <Icon name={techniqueIcon(job.techniques[job.step])} />
      <a href={`#/jobs/${job.id}`} className={styles.title}>
        {job.title}
      </a>
      {progress !== undefined && (
        <>
          <div className={styles.meter}>
            <Meter share={progress.done / progress.total} label={`Progress of ${job.title}`} tone="progress" />
          </div>
          <span className="nw">
            {progress.label} <b>{compactCount(progress.done)}</b>
            {progress.unit === '%' ? ' %' : ` of ${compactCount(progress.total)} ${progress.unit}`}
          </span>
          {progress.note !== undefined && <span className="nw cut">{progress.note}</span>}
          {progress.secondsLeft !== undefined && (
            <span className="nw">
              <b>{duration(progress.secondsLeft)}</b> left
            </span>
          )}
        </>
      )}
    </>
  );
}

export function JobBar() {
  const { data } = useQuery({
    queryKey: ['jobs', 'active'],
    queryFn: () => engine.jobs.list({ states: ['running', 'queued'], limit: 10 }),
    // How far it got is no change of a job: nobody tells, so it is asked while one runs.
    refetchInterval: ({ state }) => (state.data?.items.some((job) => job.state === 'running') ? ASK_MS : false),
  });
  const running = data?.items.find(({ state }) => state === 'running');
  const next = data?.items.find(({ state }) => state === 'queued');
  if (running === undefined) return null;
  return (
    <section className={styles.bar} aria-label="Running job">
      <Running job={running} />
      <span className="grow" />
      {next !== undefined && <span className="t3 cut">Then: {next.title}</span>}
      <div className={styles.actions}>
        <Tooltip label="Pause">
          <ActionIcon
            aria-label="Pause the running job"
            disabled={running.stopping !== undefined}
            onClick={() => void act(engine.jobs.pause, running.id)}
          >
            <Icon name="pause" />
          </ActionIcon>
        </Tooltip>
        <Tooltip label="Cancel">
          <ActionIcon
            aria-label="Cancel the running job"
            disabled={running.stopping === 'cancel'}
            onClick={() => void act(engine.jobs.cancel, running.id)}
          >
            <Icon name="x" />
          </ActionIcon>
        </Tooltip>
      </div>
    </section>
  );
}
