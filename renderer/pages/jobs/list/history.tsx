/** Finished jobs, the newest first: what came of each. */
import { ActionIcon, Button } from '@mantine/core';
import { Link } from 'wouter';
import type { JobSummary } from '../../../../app/contract/jobs.ts';
import { counted } from '../../../format/number.ts';
import { Card } from '../../../ui/card.tsx';
import { Icon } from '../../../ui/icon.tsx';
import { JobState } from '../../../ui/job-state.tsx';
import table from '../../../ui/plain-table.module.css';
import { Ago, Span } from '../../../ui/quantity.tsx';
import { techniqueName } from '../../../ui/technique.ts';
import { jobIcon } from '../job-progress.ts';
import { useJobActions } from '../use-job-actions.ts';
import styles from './history.module.css';

interface Props {
  readonly jobs: readonly JobSummary[];
  readonly total: number;
  readonly more: () => void;
}

export function History({ jobs, total, more }: Props) {
  const actions = useJobActions();
  return (
    <Card title="Finished" label="Finished jobs" flush>
      <table className={`${table.table} ${styles.table}`}>
        <thead>
          <tr>
            <th>Job</th>
            <th>Steps</th>
            <th>State</th>
            <th>Outcome</th>
            <th className={table.numeric}>Took</th>
            <th className={table.numeric}>When</th>
            <th>
              <span className="sr">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {jobs.map((job) => (
            <tr key={job.id}>
              <td>
                <Link href={`/jobs/${job.id}`} className={styles.link}>
                  <Icon name={jobIcon(job)} />
                  <b className="cut">{job.title}</b>
                </Link>
              </td>
              <td className="t2">{job.techniques.map(techniqueName).join(', ')}</td>
              <td>
                <JobState job={job} />
              </td>
              <td className="t2 cut">{outcome(job)}</td>
              <td className={table.numeric}>
                <Span seconds={job.seconds} />
              </td>
              <td className={`${table.numeric} t3`}>
                <Ago time={job.finishedAt ?? job.createdAt} />
              </td>
              <td className={styles.actions}>
                <ActionIcon
                  aria-label={`Run ${job.title} again`}
                  title="Run again"
                  onClick={() => actions.mutate({ action: 'retry', id: job.id })}
                >
                  <Icon name="reset" />
                </ActionIcon>
                <ActionIcon
                  aria-label={`Take ${job.title} from the list`}
                  title="Take from the list; its models stay"
                  onClick={() => actions.mutate({ action: 'remove', id: job.id })}
                >
                  <Icon name="x" />
                </ActionIcon>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {jobs.length < total && (
        <Button size="xs" variant="subtle" onClick={more} className={styles.more}>
          Show more, {counted(total - jobs.length, 'left', 'left')}
        </Button>
      )}
    </Card>
  );
}

function outcome({ state, failure, results, exports }: JobSummary): string {
  if (failure) return failure.message;
  if (state === 'cancelled') return 'stopped by you';
  if (results.length > 0) return results[results.length - 1];
  return exports.length > 0 ? 'files written and checked' : 'measured';
}
