/** Models: the library as a table, the selected model's family as a graph, and the ways in. */
import { Button, Menu, TextInput } from '@mantine/core';
import { useDebouncedValue, useViewportSize } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearch } from 'wouter';
import { chooseFiles } from '../../app/drop/choose-files.ts';
import { getStarter } from '../../app/get-starter.ts';
import { go } from '../../app/hash-location.ts';
import { engine } from '../../client/client.ts';
import { bytes } from '../../format/bytes.ts';
import { counted } from '../../format/number.ts';
import { Card } from '../../ui/card.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Loading } from '../../ui/loading.tsx';
import { attempt } from '../../ui/notify.tsx';
import { Page } from '../../ui/page.tsx';
import { type Order, useColumns } from '../../ui/table/columns.ts';
import { ColumnsMenu } from '../../ui/table/columns-menu.tsx';
import { DataTable } from '../../ui/table/data-table.tsx';
import { usePaged } from '../../ui/table/paged.ts';
import { MODEL_COLUMNS } from './columns.tsx';
import { HubWindow } from './hub/hub-window.tsx';
import { LineageCard } from './lineage/lineage-card.tsx';
import { MODEL_SORTS } from './sorts.ts';

const ROW = 36;
/** What else stands above and below the rows, the graph at its least included. */
const AROUND_PX = 600;

function ImportMenu() {
  return (
    <Menu position="bottom-end" transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <Button variant="filled" leftSection={<Icon name="plus" />}>
          Import
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Icon name="folder" />} onClick={() => void attempt(() => chooseFiles('folder'))}>
          A folder: Hugging Face or ONNX
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="doc" />} onClick={() => void attempt(() => chooseFiles('files'))}>
          A file: GGUF
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="models" />} onClick={() => void attempt(getStarter)}>
          The starter model
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

const Empty = () => (
  <Card flush>
    <EmptyState
      icon="models"
      title="Models live here, with every version made from them"
      example="Drop a folder or a GGUF file anywhere on this window, find one on the hub, or begin with the starter model: it is small and comes with Lathe."
      action={
        <Button variant="filled" onClick={() => void attempt(getStarter)}>
          Get the starter model
        </Button>
      }
    />
  </Card>
);

export default function ModelsPage() {
  const [search, setSearch] = useState('');
  const [sought] = useDebouncedValue(search.trim(), 200);
  const [order, setOrder] = useState<Order>({ key: 'addedAt', descending: true });
  const [chosen, setChosen] = useState<string>();
  const hub = new URLSearchParams(useSearch()).has('hub');
  const { height } = useViewportSize();
  const columns = useColumns('models', MODEL_COLUMNS);
  const sort = MODEL_SORTS.find((key) => key === order.key) ?? 'addedAt';
  const rows = usePaged(['models', 'list', sought, order], (offset, limit) =>
    engine.models.list({
      search: sought === '' ? undefined : sought,
      sort,
      descending: order.descending,
      offset,
      limit,
    }),
  );
  const { data: disk } = useQuery({ queryKey: ['models', 'disk'], queryFn: () => engine.system.diskUsage({}) });
  const used = disk?.parts.find(({ name }) => name === 'models')?.bytes;
  const selected = chosen ?? rows.at(0)?.id;
  const maxRows = Math.max(4, Math.floor((height - AROUND_PX) / ROW));
  return (
    <Page
      title="Models"
      fill
      sub={rows.total > 0 && `${counted(rows.total, 'version')}${used === undefined ? '' : `, ${bytes(used)}`}`}
      actions={
        <>
          <TextInput
            aria-label="Filter models"
            placeholder="Filter models"
            leftSection={<Icon name="search" />}
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
            w={200}
          />
          <ColumnsMenu columns={columns} />
          <Button leftSection={<Icon name="search" />} onClick={() => go('/models?hub=1', { replace: true })}>
            Find on the hub
          </Button>
          <ImportMenu />
        </>
      }
    >
      {rows.error !== undefined && <ErrorNote error={rows.error} retry={rows.again} />}
      {rows.loading && <Loading rows={6} />}
      {!rows.loading && rows.error === undefined && rows.total === 0 && sought === '' && <Empty />}
      {!rows.loading && rows.total === 0 && sought !== '' && (
        <Card flush>
          <EmptyState
            icon="search"
            title={`No model is called “${sought}”`}
            action={<Button onClick={() => setSearch('')}>Show all</Button>}
          />
        </Card>
      )}
      {rows.total > 0 && (
        <>
          <Card flush label="Library">
            <DataTable
              label="Models"
              columns={columns.shown}
              rows={rows}
              order={order}
              onOrder={setOrder}
              maxRows={maxRows}
              selected={({ id }) => id === selected}
              onSelect={({ id }) => setChosen(id)}
              onOpen={({ id }) => go(`/models/${id}`)}
            />
          </Card>
          {selected !== undefined && <LineageCard id={selected} onSelect={setChosen} />}
        </>
      )}
      <HubWindow opened={hub} onClose={() => go('/models', { replace: true })} />
    </Page>
  );
}
