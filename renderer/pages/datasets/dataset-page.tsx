/** One data set: how it is read, what is in it, what is wrong with it, its rows. */
import { Button, Menu, Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams, useSearch } from 'wouter';
import type { DatasetDetail } from '../../../app/contract/datasets.ts';
import { go } from '../../app/hash-location.ts';
import { engine } from '../../client/client.ts';
import { forget } from '../../client/queries.ts';
import { bytes } from '../../format/bytes.ts';
import { counted } from '../../format/number.ts';
import { Asked } from '../../ui/asked.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Page } from '../../ui/page.tsx';
import { RemoveWindow } from '../../ui/remove-window.tsx';
import { RenameWindow } from '../../ui/rename-window.tsx';
import { CheckTab } from './check-tab.tsx';
import styles from './datasets.module.css';
import { MappingCard } from './mapping-card.tsx';
import { PreviewTable } from './preview-table.tsx';
import { ProblemsTab } from './problems-tab.tsx';
import { SplitCard } from './split-card.tsx';
import { useCheck } from './use-check.ts';

/** Smaller files are checked as soon as they are opened, larger ones when their tokens or problems are asked for. */
const CHECKED_AT_ONCE_BYTES = 10e6;

function Detail({ dataset }: { readonly dataset: DatasetDetail }) {
  const tab = new URLSearchParams(useSearch()).get('tab') ?? 'rows';
  const [open, setOpen] = useState<'rename' | 'remove'>();
  const check = useCheck(dataset.id, tab !== 'rows' || dataset.sizeBytes < CHECKED_AT_ONCE_BYTES);
  const problems = check.query.data?.problemCount;
  return (
    <Page
      title={dataset.name}
      fill
      crumbs={[{ label: 'Data sets', to: '/datasets' }]}
      sub={[
        dataset.format ?? 'format not recognised',
        dataset.rows === undefined ? undefined : counted(dataset.rows, 'row'),
        bytes(dataset.sizeBytes),
      ]
        .filter(Boolean)
        .join(', ')}
      actions={
        <>
          <Menu position="bottom-end" transitionProps={{ duration: 0 }}>
            <Menu.Target>
              <Button leftSection={<Icon name="dots" />}>More</Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<Icon name="pencil" />} onClick={() => setOpen('rename')}>
                Rename
              </Menu.Item>
              <Menu.Item leftSection={<Icon name="trash" />} onClick={() => setOpen('remove')}>
                Remove
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
          <Button
            variant="filled"
            leftSection={<Icon name="tune" />}
            onClick={() => go(`/finetune?dataset=${dataset.id}`)}
          >
            Fine-tune with it
          </Button>
        </>
      }
    >
      {dataset.problem !== undefined && <ErrorNote error={dataset.problem} />}
      <div className={styles.detail}>
        <Tabs
          className={styles.tabs}
          value={tab}
          onChange={(next) => go(`/datasets/${dataset.id}?tab=${next}`, { replace: true })}
          keepMounted={false}
        >
          <Tabs.List>
            <Tabs.Tab value="rows">Rows</Tabs.Tab>
            <Tabs.Tab value="tokens">Tokens</Tabs.Tab>
            <Tabs.Tab
              value="problems"
              rightSection={
                problems !== undefined && problems > 0 ? <span className={styles.count}>{problems}</span> : undefined
              }
            >
              Problems
            </Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="rows" className={styles.panel}>
            <PreviewTable dataset={dataset} />
          </Tabs.Panel>
          <Tabs.Panel value="tokens" className={styles.panel}>
            <CheckTab name={dataset.name} check={check} />
          </Tabs.Panel>
          <Tabs.Panel value="problems" className={styles.panel}>
            <ProblemsTab check={check} />
          </Tabs.Panel>
        </Tabs>
        <div className={styles.side}>
          <MappingCard key={JSON.stringify([dataset.format, dataset.mapping])} dataset={dataset} />
          <SplitCard key={JSON.stringify(dataset.split)} dataset={dataset} />
        </div>
      </div>
      <RenameWindow
        key={dataset.name}
        opened={open === 'rename'}
        onClose={() => setOpen(undefined)}
        name={dataset.name}
        rename={async (name) => {
          const renamed = await engine.datasets.rename({ id: dataset.id, name });
          await forget('datasets');
          return renamed;
        }}
      />
      <RemoveWindow
        opened={open === 'remove'}
        onClose={() => setOpen(undefined)}
        name={dataset.name}
        dependents={() => engine.datasets.dependents({ id: dataset.id })}
        remove={() => engine.datasets.remove({ id: dataset.id })}
        onRemoved={() => go('/datasets')}
      />
    </Page>
  );
}

export default function DatasetPage() {
  const { id } = useParams<{ id: string }>();
  const query = useQuery({ queryKey: ['datasets', 'get', id], queryFn: () => engine.datasets.get({ id }) });
  return <Asked query={query}>{(dataset) => <Detail dataset={dataset} />}</Asked>;
}
