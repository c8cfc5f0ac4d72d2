/** Every row that cannot be used, by its number in the file, and why. */
import type { DatasetCheck } from '../../../app/contract/datasets.ts';
import { counted, exactNumber } from '../../format/number.ts';
import { Asked } from '../../ui/asked.tsx';
import { Card } from '../../ui/card.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Loading } from '../../ui/loading.tsx';
import type { Column } from '../../ui/table/columns.ts';
import { DataTable } from '../../ui/table/data-table.tsx';
import { heldRows } from '../../ui/table/paged.ts';
import styles from './datasets.module.css';
import type { Check } from './use-check.ts';

type Problem = DatasetCheck['problems'][number];

const fileColumn: Column<Problem> = {
  key: 'file',
  head: 'File',
  width: '160px',
  cell: ({ file }) => <span className="t2">{file ?? ''}</span>,
};

const columns: readonly Column<Problem>[] = [
  { key: 'row', head: 'Row', width: '72px', number: true, cell: ({ row }) => exactNumber(row) },
  {
    key: 'message',
    head: 'What is wrong',
    width: 'minmax(200px, 1fr)',
    cell: ({ message }) => <span title={message}>{message}</span>,
  },
  { key: 'code', head: 'Code', width: '150px', cell: ({ code }) => <span className="mono t2">{code}</span> },
];

export function ProblemsTab({ check }: { readonly check: Check }) {
  return (
    <Asked query={check.query} loading={<Loading rows={6} label="Reading every row" />}>
      {({ problems, problemCount, rows }) =>
        problemCount === 0 ? (
          <Card flush className={styles.fill}>
            <EmptyState icon="check" title={`All ${counted(rows, 'row')} can be used`} />
          </Card>
        ) : (
          <Card
            flush
            className={styles.fill}
            title={counted(problemCount, 'row has a problem', 'rows have a problem')}
            sub={`left out of the training, ${counted(rows - problemCount, 'row is', 'rows are')} used${problemCount > problems.length ? `; the first ${exactNumber(problems.length)} are shown` : ''}`}
          >
            <DataTable
              label="Problems"
              columns={problems.some(({ file }) => file !== undefined) ? [...columns, fileColumn] : columns}
              rows={heldRows(problems)}
              rowHeight={32}
            />
          </Card>
        )
      }
    </Asked>
  );
}
