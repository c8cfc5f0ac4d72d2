/** Finds models on the hub: size, licence, and whether each fits this machine. */
import { Button, Modal, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { HubModel } from '../../../../app/contract/models.ts';
import { go } from '../../../app/hash-location.ts';
import { engine } from '../../../client/client.ts';
import { forget } from '../../../client/queries.ts';
import { useSettings } from '../../../client/settings.ts';
import { Asked } from '../../../ui/asked.tsx';
import { Badge, type Tone } from '../../../ui/badge.tsx';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { Icon, type IconName } from '../../../ui/icon.tsx';
import { Note } from '../../../ui/note.tsx';
import { attempt, tell } from '../../../ui/notify.tsx';
import { Bytes, Count } from '../../../ui/quantity.tsx';
import styles from './hub.module.css';

const FITS: Readonly<Record<HubModel['fits'], readonly [Tone, IconName, string]>> = {
  yes: ['good', 'check', 'Fits this machine'],
  tight: ['warn', 'warn', 'Tight on this machine'],
  no: ['bad', 'x', 'Does not fit'],
  unknown: ['neutral', 'info', 'Size not known'],
};

async function get(repo: string): Promise<void> {
  const { jobId } = await engine.models.hubGet({ repo });
  await forget('jobs');
  tell({
    title: `Downloading ${repo}`,
    text: 'A broken download goes on where it ended.',
    open: { label: 'Watch', run: () => go(`/jobs/${jobId}`) },
  });
}

function Found({ model, onGet }: { readonly model: HubModel; readonly onGet: () => void }) {
  const [tone, icon, word] = FITS[model.fits];
  return (
    <li className={styles.item}>
      <div className="grow">
        <p className="cut">
          <b>{model.repo}</b>
        </p>
        <p className={styles.facts}>
          {model.architecture !== undefined && <span>{model.architecture}</span>}
          {model.parameters !== undefined && (
            <span>
              <Count value={model.parameters} /> parameters
            </span>
          )}
          {model.sizeBytes !== undefined && <Bytes value={model.sizeBytes} />}
          <span>{model.licence ?? 'licence not stated'}</span>
          {model.downloads !== undefined && (
            <span>
              <Count value={model.downloads} /> downloads
            </span>
          )}
          {model.gated && <span>gated: needs a token</span>}
        </p>
      </div>
      {model.supported === false ? (
        <Badge icon="x" title={model.reason}>
          Not supported
        </Badge>
      ) : (
        <Badge tone={tone} icon={icon} title={model.reason}>
          {word}
        </Badge>
      )}
      <Button size="xs" disabled={model.supported === false} aria-label={`Get ${model.repo}`} onClick={onGet}>
        Get
      </Button>
    </li>
  );
}

export function HubWindow({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) {
  const [words, setWords] = useState('');
  const [query] = useDebouncedValue(words.trim(), 400);
  const { data: settings } = useSettings();
  const offline = settings?.values.offline === true;
  const results = useQuery({
    queryKey: ['hub', query],
    queryFn: () => engine.models.hubSearch({ query }),
    enabled: opened && query !== '' && !offline,
  });
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      size={760}
      title="Find a model on the hub"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <TextInput
        aria-label="Search the hub"
        placeholder="smollm2, qwen2.5 0.5b, minilm"
        leftSection={<Icon name="search" />}
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
        disabled={offline}
        data-autofocus
      />
      <div className={styles.results}>
        {offline && (
          <Note title="Lathe is offline">
            Offline mode is on: nothing is asked of the network.{' '}
            <a className="link" href="#/settings">
              Change it in the settings
            </a>
          </Note>
        )}
        {!offline && query === '' && (
          <EmptyState
            icon="search"
            title="Search by name"
            example="Every result says how big it is, under which licence, and whether it fits this machine."
          />
        )}
        {query !== '' && !offline && (
          <Asked query={results}>
            {(found) =>
              found.length === 0 ? (
                <EmptyState icon="search" title={`Nothing on the hub for “${query}”`} />
              ) : (
                <ul>
                  {found.map((model) => (
                    <Found
                      key={model.repo}
                      model={model}
                      onGet={() =>
                        void attempt(async () => {
                          await get(model.repo);
                          onClose();
                        })
                      }
                    />
                  ))}
                </ul>
              )
            }
          </Asked>
        )}
      </div>
    </Modal>
  );
}
