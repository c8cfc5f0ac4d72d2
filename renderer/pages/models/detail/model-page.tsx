/** One model: overview, layers, tokenizer, card, and what can be done with it. */
import { Button, Menu, Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams, useSearch } from 'wouter';
import type { ModelDetail } from '../../../../app/contract/models.ts';
import { go } from '../../../app/hash-location.ts';
import { engine } from '../../../client/client.ts';
import { forget } from '../../../client/queries.ts';
import { bytes } from '../../../format/bytes.ts';
import { compactCount } from '../../../format/number.ts';
import { Asked } from '../../../ui/asked.tsx';
import { ErrorNote } from '../../../ui/error-note.tsx';
import { Icon } from '../../../ui/icon.tsx';
import { Page } from '../../../ui/page.tsx';
import { RemoveWindow } from '../../../ui/remove-window.tsx';
import { RenameWindow } from '../../../ui/rename-window.tsx';
import { CardTab } from './card-tab.tsx';
import { CompareMenu } from './compare-menu.tsx';
import styles from './detail.module.css';
import { LayersTab } from './layers-tab.tsx';
import { OverviewTab } from './overview-tab.tsx';
import { TokenizerTab } from './tokenizer-tab.tsx';

const TABS = [
  ['overview', 'Overview'],
  ['layers', 'Layers'],
  ['tokenizer', 'Tokenizer'],
  ['card', 'Model card'],
] as const;

function MoreMenu({ onRename, onRemove }: { readonly onRename: () => void; readonly onRemove: () => void }) {
  return (
    <Menu position="bottom-end" transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <Button leftSection={<Icon name="dots" />}>More</Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Icon name="pencil" />} onClick={onRename}>
          Rename
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="trash" />} onClick={onRemove}>
          Remove
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function Detail({ model }: { readonly model: ModelDetail }) {
  const wanted = new URLSearchParams(useSearch()).get('tab');
  const tab = TABS.find(([key]) => key === wanted)?.[0] ?? 'overview';
  const [open, setOpen] = useState<'rename' | 'remove'>();
  return (
    <Page
      title={model.name}
      crumbs={[{ label: 'Models', to: '/models' }]}
      sub={`${model.architecture}, ${compactCount(model.parameters)} parameters, ${model.format}, ${bytes(model.sizeBytes)}`}
      actions={
        <>
          <MoreMenu onRename={() => setOpen('rename')} onRemove={() => setOpen('remove')} />
          <CompareMenu id={model.id} />
          <Button leftSection={<Icon name="quant" />} onClick={() => go(`/quantize?model=${model.id}`)}>
            Quantize
          </Button>
          <Button
            variant="filled"
            leftSection={<Icon name="chat" />}
            onClick={() => go(`/playground?left=${model.id}`)}
          >
            Try it
          </Button>
        </>
      }
    >
      {model.problem !== undefined && <ErrorNote error={model.problem} />}
      <Tabs
        value={tab}
        onChange={(next) => go(`/models/${model.id}?tab=${next}`, { replace: true })}
        keepMounted={false}
      >
        <Tabs.List>
          {TABS.map(([key, title]) => (
            <Tabs.Tab key={key} value={key}>
              {title}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="overview" className={styles.panel}>
          <OverviewTab model={model} />
        </Tabs.Panel>
        <Tabs.Panel value="layers" className={styles.panel}>
          <LayersTab id={model.id} />
        </Tabs.Panel>
        <Tabs.Panel value="tokenizer" className={styles.panel}>
          <TokenizerTab id={model.id} />
        </Tabs.Panel>
        <Tabs.Panel value="card" className={styles.panel}>
          <CardTab id={model.id} />
        </Tabs.Panel>
      </Tabs>
      <RenameWindow
        key={model.name}
        opened={open === 'rename'}
        onClose={() => setOpen(undefined)}
        name={model.name}
        rename={async (name) => {
          const renamed = await engine.models.rename({ id: model.id, name });
          await forget('models');
          return renamed;
        }}
      />
      <RemoveWindow
        opened={open === 'remove'}
        onClose={() => setOpen(undefined)}
        name={model.name}
        dependents={() => engine.models.dependents({ id: model.id })}
        remove={() => engine.models.remove({ id: model.id })}
        onRemoved={() => go('/models')}
      />
    </Page>
  );
}

export default function ModelPage() {
  const { id } = useParams<{ id: string }>();
  const query = useQuery({ queryKey: ['models', 'get', id], queryFn: () => engine.models.get({ id }) });
  return <Asked query={query}>{(model) => <Detail model={model} />}</Asked>;
}
