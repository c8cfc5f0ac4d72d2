/** The rows themselves, however many millions there are; one row whole on a click. */
import { Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { DatasetDetail } from '../../../app/contract/datasets.ts';
import { engine } from '../../client/client.ts';
import { counted, exactNumber } from '../../format/number.ts';
import { Asked } from '../../ui/asked.tsx';
import { Card } from '../../ui/card.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Loading } from '../../ui/loading.tsx';
import type { Column } from '../../ui/table/columns.ts';
import { DataTable } from '../../ui/table/data-table.tsx';
import { usePaged } from '../../ui/table/paged.ts';
import { cellText } from './cell-text.ts';
import styles from './datasets.module.css';
import { RowView } from './row-view.tsx';

type Row = Awaited<ReturnType<typeof engine.datasets.preview>>['rows'][number];

const numberColumn: Column<Row> = {
  key: '#',
  head: 'Row',
  width: '88px',
  number: true,
  cell: ({ row, problem }) => (
    <span className={problem === undefined ? 't3' : 'bad'} title={problem?.message}>
      {problem !== undefined && <Icon name="warn" size={12} title={problem.message} />} {exactNumber(row)}
    </span>
  ),
};

const valueColumn = (column: string): Column<Row> => ({
  key: column,
  head: column,
  width: 'minmax(140px, 1fr)',
  cell: ({ value, problem }) =>
    value === undefined ? <span className="bad">{problem?.message}</span> : cellText(value[column]),
});

export function PreviewTable({ dataset }: { readonly dataset: DatasetDetail }) {
  const { id } = dataset;
  const [opened, setOpened] = useState<number>();
  const { data: state } = useQuery({
    queryKey: ['datasets', 'indexing', id],
    queryFn: () => engine.datasets.preview({ id, offset: 0, limit: 1 }),
    refetchInterval: ({ state: { data } }) => (data?.indexing ? 1000 : false),
  });
  const paged = usePaged(['datasets', 'preview', id, state?.indexing === false], async (offset, limit) => {
    const page = await engine.datasets.preview({ id, offset, limit });
    return { total: page.total, items: page.rows };
  });
  // Rows found since the shown pages were asked for can be scrolled to already.
  const rows = { ...paged, total: Math.max(paged.total, state?.total ?? 0) };
  const row = useQuery({
    queryKey: ['datasets', 'row', id, opened],
    queryFn: () => engine.datasets.row({ id, index: opened ?? 0 }),
    enabled: opened !== undefined,
  });
  const columns = [numberColumn, ...(state?.columns ?? dataset.columns).map(valueColumn)];
  if (rows.error !== undefined) return <ErrorNote error={rows.error} retry={rows.again} />;
  if (rows.loading) return <Loading rows={8} />;
  return (
    <Card flush className={styles.fill} label="Rows">
      {state?.indexing === true && (
        <p className={styles.indexing} role="status">
          Counting the rows: {counted(state.total, 'row')} so far
        </p>
      )}
      {rows.total === 0 ? (
        <EmptyState icon="data" title="There are no rows in this file" />
      ) : (
        <DataTable
          label={`Rows of ${dataset.name}`}
          columns={columns}
          rows={rows}
          rowHeight={32}
          onOpen={({ index }) => setOpened(index)}
        />
      )}
      <Modal
        opened={opened !== undefined}
        onClose={() => setOpened(undefined)}
        size="xl"
        title={row.data === undefined ? 'Row' : `Row ${exactNumber(row.data.row)}`}
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <Asked query={row}>{(whole) => <RowView row={whole} />}</Asked>
      </Modal>
    </Card>
  );
}
