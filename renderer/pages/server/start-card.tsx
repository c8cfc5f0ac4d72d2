/** Which model the server is to hold, where it listens, and who may ask. */
import { Button, NumberInput, PasswordInput, Select, Switch } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ApiStatus } from '../../../app/contract/api-server.ts';
import { engine } from '../../client/client.ts';
import { bytes } from '../../format/bytes.ts';
import { Card } from '../../ui/card.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import styles from './server.module.css';

interface Props {
  readonly status: Exclude<ApiStatus, { state: 'on' }>;
  readonly started: () => Promise<void>;
}

/** Where programs look for a local server first. */
const USUAL_PORT = 8080;
const USUAL_CONCURRENCY = 8;

export function StartCard({ status, started }: Props) {
  const models = useQuery({
    queryKey: ['models', 'served'],
    queryFn: () => engine.models.list({ limit: 500 }),
  });
  const known = (models.data?.items ?? []).filter(({ problem }) => problem === undefined);
  const [chosen, setChosen] = useState<string | null>(null);
  const [port, setPort] = useState<number | string>(USUAL_PORT);
  const [concurrency, setConcurrency] = useState<number | string>(USUAL_CONCURRENCY);
  const [speculate, setSpeculate] = useState(false);
  const [key, setKey] = useState('');
  const [failed, setFailed] = useState<unknown>();
  const [begun, setBegun] = useState(false);
  const modelId = chosen ?? known[0]?.id;
  const busy = begun || status.state === 'starting';

  const start = async () => {
    if (modelId === undefined) return;
    setBegun(true);
    setFailed(undefined);
    try {
      const request = { modelId, port: Number(port), concurrency: Number(concurrency) };
      await engine.apiServer.start({
        ...request,
        ...(key === '' ? {} : { key }),
        // Switched off, the model's own run profile decides.
        ...(speculate ? { speculate } : {}),
      });
    } catch (error) {
      setFailed(error);
    }
    await started();
    setBegun(false);
  };

  const failure = failed ?? (status.state === 'off' ? status.failure : undefined);
  return (
    <Card title="Start a server" sub="other programs then use the model through OpenAI’s interface">
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          void start();
        }}
      >
        <Select
          label="Model"
          searchable
          allowDeselect={false}
          disabled={busy}
          placeholder={models.isPending ? 'Looking…' : 'The library is empty'}
          data={known.map(({ id, name, format, sizeBytes }) => ({
            value: id,
            label: `${name} (${format}, ${bytes(sizeBytes)})`,
          }))}
          value={modelId ?? null}
          onChange={setChosen}
        />
        <NumberInput
          label="Port"
          description="Only this computer can reach it. 0: any that is free"
          min={0}
          max={65535}
          allowDecimal={false}
          clampBehavior="strict"
          disabled={busy}
          value={port}
          onChange={setPort}
        />
        <NumberInput
          label="Requests at once"
          description="More wait for their turn"
          min={1}
          max={64}
          allowDecimal={false}
          clampBehavior="strict"
          disabled={busy}
          value={concurrency}
          onChange={setConcurrency}
        />
        <Switch
          label="Check drafts"
          description="Looked up in the text, where one request is alone: the same answers, sooner"
          disabled={busy}
          checked={speculate}
          onChange={(event) => setSpeculate(event.currentTarget.checked)}
        />
        <PasswordInput
          label="Key"
          description="Programs must show it. Empty: none is asked for"
          autoComplete="off"
          disabled={busy}
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        <div className={styles.actions}>
          <Button
            type="submit"
            variant="filled"
            loading={busy}
            disabled={modelId === undefined || port === '' || concurrency === ''}
          >
            Start
          </Button>
        </div>
      </form>
      {failure !== undefined && <ErrorNote error={failure} />}
    </Card>
  );
}
