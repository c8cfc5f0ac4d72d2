/** Data sets: what there is to learn from. Files stay where they are and are never changed. */
import { Button, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import type { DatasetSummary } from '../../../app/contract/datasets.ts';
import { chooseFiles } from '../../app/drop/choose-files.ts';
import { go } from '../../app/hash-location.ts';
import { engine } from '../../client/client.ts';
import { bytesIn, exactBytes } from '../../format/bytes.ts';
import { counted, exactNumber } from '../../format/number.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Loading } from '../../ui/loading.tsx';
import { attempt } from '../../ui/notify.tsx';
import { Page } from '../../ui/page.tsx';
import { Ago } from '../../ui/quantity.tsx';
import type { Column, Order } from '../../ui/table/columns.ts';
import { DataTable } from '../../ui/table/data-table.tsx';
import { usePaged } from '../../ui/table/paged.ts';
import styles from './datasets.module.css';

const columns: readonly Column<DatasetSummary>[] = [
  {
    key: 'name',
    head: 'Data set',
    width: 'minmax(200px, 2fr)',
    sortable: true,
    cell: ({ name }) => (
      <span className="row">
        <Icon name="data" />
        <b className="cut">{name}</b>
      </span>
    ),
  },
  {
    key: 'format',
    head: 'Format',
    width: '150px',
    cell: ({ format, problem }) =>
      problem !== undefined ? (
        <Badge tone="bad" icon="warn" title={problem.message}>
          Not readable
        </Badge>
      ) : format === undefined ? (
        <Badge tone="warn" icon="warn">
          Needs a mapping
        </Badge>
      ) : (
        <span className="t2">{format}</span>
      ),
  },
  {
    key: 'rows',
    head: 'Rows',
    width: '110px',
    number: true,
    sortable: true,
    cell: ({ rows }) => (rows === undefined ? <span className="t3">not counted</span> : exactNumber(rows)),
  },
  {
    key: 'sizeBytes',
    head: 'Size, MB',
    width: '90px',
    number: true,
    sortable: true,
    cell: ({ sizeBytes }) => <span title={exactBytes(sizeBytes)}>{bytesIn(sizeBytes, 'MB')}</span>,
  },
  {
    key: 'path',
    head: 'File',
    width: 'minmax(160px, 2fr)',
    cell: ({ path }) => (
      <span className="t2" title={path}>
        {path}
      </span>
    ),
  },
  {
    key: 'addedAt',
    head: 'Added',
    width: '110px',
    number: true,
    sortable: true,
    cell: ({ addedAt }) => (
      <span className="t2">
        <Ago time={addedAt} />
      </span>
    ),
  },
];

const add = () => void attempt(() => chooseFiles('files'));

const EXAMPLE = `{"messages": [
  {"role": "user", "content": "How often do I water a fern?"},
  {"role": "assistant", "content": "When the top of the soil is dry."}
]}`;

const Empty = () => (
  <Card flush className={styles.fill}>
    <EmptyState
      icon="data"
      title="Data sets are the examples a model learns from"
      example={
        <>
          <p>Drop JSONL, JSON, CSV, TSV, Parquet or text files anywhere on this window. One row of a chat:</p>
          <pre className={styles.example}>{EXAMPLE}</pre>
        </>
      }
      action={
        <Button variant="filled" onClick={add}>
          Choose files
        </Button>
      }
    />
  </Card>
);

export default function DatasetsPage() {
  const [search, setSearch] = useState('');
  const [sought] = useDebouncedValue(search.trim(), 200);
  const [order, setOrder] = useState<Order>({ key: 'addedAt', descending: true });
  const rows = usePaged(['datasets', 'list', sought, order], (offset, limit) =>
    engine.datasets.list({
      search: sought === '' ? undefined : sought,
      sort: order.key === 'name' || order.key === 'rows' || order.key === 'sizeBytes' ? order.key : 'addedAt',
      descending: order.descending,
      offset,
      limit,
    }),
  );
  return (
    <Page
      title="Data sets"
      fill
      sub={!rows.loading && rows.total > 0 && counted(rows.total, 'data set')}
      actions={
        <>
          <TextInput
            aria-label="Filter data sets"
            placeholder="Filter data sets"
            leftSection={<Icon name="search" />}
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
            w={200}
          />
          <Button variant="filled" leftSection={<Icon name="plus" />} onClick={add}>
            Add data set
          </Button>
        </>
      }
    >
      {rows.error !== undefined && <ErrorNote error={rows.error} retry={rows.again} />}
      {rows.loading && <Loading />}
      {!rows.loading && rows.error === undefined && rows.total === 0 && sought === '' && <Empty />}
      {!rows.loading && rows.total === 0 && sought !== '' && (
        <Card flush>
          <EmptyState
            icon="search"
            title={`No data set is called “${sought}”`}
            action={<Button onClick={() => setSearch('')}>Show all</Button>}
          />
        </Card>
      )}
      {rows.total > 0 && (
        <Card flush className={styles.fill} label="Data sets">
          <DataTable
            label="Data sets"
            columns={columns}
            rows={rows}
            order={order}
            onOrder={setOrder}
            onOpen={({ id }) => go(`/datasets/${id}`)}
          />
        </Card>
      )}
    </Page>
  );
}
