/** Asks before something is removed and shows what depends on it; the removal can be undone from the message. */
import { Button, Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { EngineClient } from '../../app/contract/index.ts';
import { engine } from '../client/client.ts';
import { queries } from '../client/queries.ts';
import { counted } from '../format/number.ts';
import { Asked } from './asked.tsx';
import { Note } from './note.tsx';
import { attempt, tell } from './notify.tsx';
import styles from './remove-window.module.css';

type Dependents = Awaited<ReturnType<EngineClient['models']['dependents']>>;

interface Props {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly name: string;
  readonly dependents: () => Promise<Dependents>;
  readonly remove: () => Promise<{ readonly trashId: string }>;
  readonly onRemoved: () => void;
}

function linesOf({ models, jobs, exports, drafts }: Dependents): string[] {
  const running = jobs.filter(({ active }) => active);
  return [
    ...(models.length > 0
      ? [`${counted(models.length, 'version')} made from it: ${models.slice(0, 5).join(', ')}`]
      : []),
    ...(running.length > 0
      ? [`${counted(running.length, 'job')} at work on it: ${running.map(({ title }) => title).join(', ')}`]
      : []),
    ...(exports.length > 0 ? [`${counted(exports.length, 'export')} of it`] : []),
    ...(drafts.length > 0
      ? [`${counted(drafts.length, 'draft')}: ${drafts.map(({ title }) => title).join(', ')}`]
      : []),
  ];
}

export function RemoveWindow({ opened, onClose, name, dependents, remove, onRemoved }: Props) {
  const query = useQuery({ queryKey: ['dependents', name], queryFn: dependents, enabled: opened, gcTime: 0 });
  const run = async () => {
    const removed = await attempt(remove);
    if (removed === undefined) return;
    onClose();
    onRemoved();
    await queries.invalidateQueries();
    tell({
      title: `${name} is in the trash`,
      text: 'It stays there until the trash is emptied.',
      undo: async () => {
        await engine.trash.restore({ id: removed.trashId });
        await queries.invalidateQueries();
      },
    });
  };
  return (
    <Modal opened={opened} onClose={onClose} title={`Remove ${name}`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <Asked query={query}>
        {(found) => {
          const lines = linesOf(found);
          return lines.length === 0 ? (
            <p className="t2">Nothing else depends on it.</p>
          ) : (
            <Note tone="warn" title="What depends on it">
              <ul>
                {lines.map((line) => (
                  <li key={line}>{line}</li>
                ))}
              </ul>
            </Note>
          );
        }}
      </Asked>
      <div className={styles.actions}>
        <Button onClick={onClose}>Keep it</Button>
        <Button variant="filled" color="red" disabled={query.data === undefined} onClick={() => void run()}>
          Move to the trash
        </Button>
      </div>
    </Modal>
  );
}
