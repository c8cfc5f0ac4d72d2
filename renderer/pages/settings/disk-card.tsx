/** Where everything lies, what it takes, and the trash. */
import { Button, Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Settings } from '../../../app/contract/settings.ts';
import { bridge } from '../../client/bridge.ts';
import { engine } from '../../client/client.ts';
import { queries } from '../../client/queries.ts';
import { saveSettings } from '../../client/settings.ts';
import { bytes } from '../../format/bytes.ts';
import { Card } from '../../ui/card.tsx';
import { Meter } from '../../ui/meter.tsx';
import { attempt, tell } from '../../ui/notify.tsx';
import { Ago, Bytes } from '../../ui/quantity.tsx';
import { SettingRow } from './setting-row.tsx';
import styles from './settings.module.css';

interface Props {
  readonly values: Settings;
  readonly folders: { readonly data: string; readonly models: string; readonly exports: string };
}

const NAMES = {
  models: 'Models',
  exports: 'Exports',
  uploads: 'Copied data sets',
  trash: 'Trash',
  database: 'Database',
  jobs: 'Jobs and checkpoints',
} as const;

function Folder({ path }: { readonly path: string }) {
  const shell = bridge;
  return (
    <>
      <span className={styles.path} title={path}>
        {path}
      </span>
      {shell !== undefined && <Button onClick={() => void shell.showInFolder(path)}>Show</Button>}
    </>
  );
}

async function chooseExports(): Promise<void> {
  const [folder] = (await bridge?.choose({ what: 'folder', title: 'Where exports go' })) ?? [];
  if (folder !== undefined) await saveSettings({ exportsFolder: folder });
}

function Usage() {
  const { data } = useQuery({ queryKey: ['system', 'disk'], queryFn: () => engine.system.diskUsage({}) });
  if (data === undefined) return null;
  const most = Math.max(1, ...data.parts.map((part) => part.bytes));
  return (
    <div className={styles.usage}>
      {data.parts.map((part) => (
        <div key={part.name} className={styles.part}>
          <span>{NAMES[part.name]}</span>
          <Meter share={part.bytes / most} label={NAMES[part.name]} />
          <span className={styles.amount}>
            <Bytes value={part.bytes} />
          </span>
        </div>
      ))}
      <p className="t3 f12">{bytes(data.freeBytes)} free on this disk</p>
    </div>
  );
}

function Trash() {
  const { data } = useQuery({ queryKey: ['trash'], queryFn: () => engine.trash.list({}) });
  const [asking, setAsking] = useState(false);
  const entries = data ?? [];
  const restore = (id: string) =>
    attempt(async () => {
      await engine.trash.restore({ id });
      await queries.invalidateQueries();
    });
  const empty = async () => {
    const done = await attempt(() => engine.trash.empty({}));
    setAsking(false);
    await queries.invalidateQueries();
    if (done !== undefined) tell({ tone: 'good', title: `${bytes(done.freedBytes)} freed` });
  };
  return (
    <Card
      title="Trash"
      sub={entries.length === 0 ? 'empty' : 'removed, but still to be had back'}
      actions={
        entries.length > 0 && (
          <Button size="xs" onClick={() => setAsking(true)}>
            Empty the trash
          </Button>
        )
      }
    >
      {entries.length === 0 ? null : (
        <>
          <ul className={styles.trash}>
            {entries.map(({ id, kind, name, removedAt, bytes: size }) => (
              <li key={id}>
                <span className="grow cut">
                  <b>{name}</b> <span className="t3">{kind === 'dataset' ? 'data set' : kind}</span>
                </span>
                <span className="t2">
                  <Ago time={removedAt} />
                </span>
                <span className={styles.amount}>
                  <Bytes value={size} />
                </span>
                <Button size="xs" aria-label={`Restore ${name}`} onClick={() => void restore(id)}>
                  Restore
                </Button>
              </li>
            ))}
          </ul>
          <Modal
            opened={asking}
            onClose={() => setAsking(false)}
            title="Empty the trash"
            closeButtonProps={{ 'aria-label': 'Close' }}
          >
            <p>What is in it is gone for good. This cannot be undone.</p>
            <div className={styles.asked}>
              <Button onClick={() => setAsking(false)}>Keep it</Button>
              <Button variant="filled" color="red" onClick={() => void empty()}>
                Empty the trash
              </Button>
            </div>
          </Modal>
        </>
      )}
    </Card>
  );
}

export function DiskCard({ values, folders }: Props) {
  return (
    <>
      <Card title="Folders" flush>
        <SettingRow label="Data folder" help="Chosen with LATHE_HOME before Lathe starts">
          <Folder path={folders.data} />
        </SettingRow>
        <SettingRow label="Models">
          <Folder path={folders.models} />
        </SettingRow>
        <SettingRow label="Exports" help={values.exportsFolder === null ? 'Inside the data folder' : 'Chosen by you'}>
          <Folder path={folders.exports} />
          {bridge !== undefined && <Button onClick={() => void attempt(chooseExports)}>Change</Button>}
          {values.exportsFolder !== null && (
            <Button onClick={() => void attempt(() => saveSettings({ exportsFolder: null }))}>Reset</Button>
          )}
        </SettingRow>
        <Usage />
      </Card>
      <Trash />
    </>
  );
}
