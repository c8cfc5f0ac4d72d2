/** Says what each dropped file is and would become, and does it once the user agrees. */
import { Button, Modal } from '@mantine/core';
import { useState } from 'react';
import type { Inspected } from '../../../app/contract/files.ts';
import { Badge } from '../../ui/badge.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Loading } from '../../ui/loading.tsx';
import { Bytes } from '../../ui/quantity.tsx';
import { accept, usable } from './accept.ts';
import styles from './inspect-window.module.css';
import { endInspection, useInspection } from './inspection.ts';

const ICON = { model: 'models', dataset: 'data', recipe: 'doc', unknown: 'warn' } as const;
const VERB = { model: 'Import', dataset: 'Add', recipe: 'Run' } as const;

function Item({ item }: { readonly item: Inspected }) {
  return (
    <li className={styles.item}>
      <Icon name={item.problem === undefined ? ICON[item.kind] : 'warn'} />
      <div className="grow">
        <p className="cut" title={item.path}>
          <b>{item.name}</b>{' '}
          {item.sizeBytes !== undefined && (
            <span className="t3">
              <Bytes value={item.sizeBytes} />
            </span>
          )}
        </p>
        <p className="t2">{item.summary}</p>
        {item.detail !== undefined && <p className="t3 f12">{item.detail}</p>}
        {item.problem !== undefined && <ErrorNote error={item.problem} />}
      </div>
      {usable(item) ? (
        <Badge icon="check" tone="good">
          Ready
        </Badge>
      ) : (
        <Badge icon="x">Left out</Badge>
      )}
    </li>
  );
}

/** The window is open before this button is: it takes the focus when it comes. */
const focusOnce = (button: HTMLButtonElement | null): void => button?.focus();

function verbFor(items: readonly Inspected[]): string {
  const kinds = new Set(items.map(({ kind }) => kind));
  const [kind] = kinds;
  return kinds.size === 1 && kind !== undefined && kind !== 'unknown' ? VERB[kind] : 'Add all';
}

export function InspectWindow() {
  const inspection = useInspection();
  const [busy, setBusy] = useState(false);
  const items = inspection.step === 'asked' ? inspection.items : [];
  const good = items.filter(usable);
  const run = async () => {
    setBusy(true);
    await accept(good);
    setBusy(false);
    endInspection();
  };
  return (
    <Modal
      opened={inspection.step !== 'none'}
      onClose={endInspection}
      title={inspection.step === 'asked' ? 'What this becomes' : 'Looking inside'}
      size="lg"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {inspection.step === 'looking' && (
        <>
          {inspection.uploaded !== undefined && (
            <p className="t2">Copying file {inspection.uploaded + 1} to the engine</p>
          )}
          <Loading rows={2} />
        </>
      )}
      {inspection.step === 'failed' && <ErrorNote error={inspection.error} />}
      {inspection.step === 'asked' && (
        <>
          <ul className={styles.list}>
            {items.map((item) => (
              <Item key={item.path} item={item} />
            ))}
          </ul>
          <div className={styles.actions}>
            <Button onClick={endInspection}>{good.length === 0 ? 'Close' : 'Leave it'}</Button>
            {good.length > 0 && (
              <Button variant="filled" loading={busy} onClick={() => void run()} ref={focusOnce}>
                {verbFor(good)}
              </Button>
            )}
          </div>
        </>
      )}
    </Modal>
  );
}
