/** The latest jobs, newest first. */
import { useQuery } from '@tanstack/react-query';
import type { JobSummary } from '../../../app/contract/jobs.ts';
import { go } from '../../app/hash-location.ts';
import { engine } from '../../client/client.ts';
import { Asked } from '../../ui/asked.tsx';
import { Card } from '../../ui/card.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Icon } from '../../ui/icon.tsx';
import { JobState } from '../../ui/job-state.tsx';
import { Ago } from '../../ui/quantity.tsx';
import type { Column } from '../../ui/table/columns.ts';
import { DataTable } from '../../ui/table/data-table.tsx';
import { heldRows } from '../../ui/table/paged.ts';
import { techniqueIcon, techniqueName } from '../../ui/technique.ts';
import { outcome } from './outcome.ts';

const SHOWN = 24;

const columns: readonly Column<JobSummary>[] = [
  {
    key: 'step',
    head: 'Step',
    width: '116px',
    cell: ({ techniques, kind }) => {
      const technique = techniques[techniques.length > 1 ? 0 : techniques.length - 1] ?? kind;
      return (
        <span className="row">
          <Icon name={techniqueIcon(technique)} />
          {techniques.length > 1 ? `${techniques.length} steps` : techniqueName(technique)}
        </span>
      );
    },
  },
  { key: 'title', head: 'Job', width: 'minmax(120px, 1fr)', cell: ({ title }) => <b title={title}>{title}</b> },
  { key: 'state', head: 'State', width: '108px', cell: (job) => <JobState job={job} /> },
  {
    key: 'outcome',
    head: 'Outcome',
    width: 'minmax(140px, 1.2fr)',
    cell: (job) => (
      <span className="t2" title={outcome(job)}>
        {outcome(job)}
      </span>
    ),
  },
  {
    key: 'when',
    head: 'When',
    width: '92px',
    number: true,
    cell: ({ finishedAt, startedAt, createdAt }) => (
      <span className="t2">
        <Ago time={finishedAt ?? startedAt ?? createdAt} />
      </span>
    ),
  },
];

export function RecentWork({ rows }: { readonly rows: number }) {
  const query = useQuery({ queryKey: ['jobs', 'recent'], queryFn: () => engine.jobs.list({ limit: SHOWN }) });
  return (
    <Card
      title="Recent work"
      flush
      actions={
        <a className="link f12" href="#/jobs">
          All jobs
        </a>
      }
    >
      <Asked query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState
              icon="jobs"
              title="Everything you do to a model is listed here"
              example="The starter demo fills it: a fine-tune, a quantization and an export, each measured before and after."
            />
          ) : (
            <DataTable
              label="Recent work"
              columns={columns}
              rows={heldRows(items)}
              maxRows={rows}
              onOpen={({ id }) => go(`/jobs/${id}`)}
            />
          )
        }
      </Asked>
    </Card>
  );
}
