/** One row whole: chats as turns, everything else as text. */
import type { engine } from '../../client/client.ts';
import { Note } from '../../ui/note.tsx';
import { turnsOf } from './cell-text.ts';
import styles from './datasets.module.css';

type Row = Awaited<ReturnType<typeof engine.datasets.row>>;

function Value({ value }: { readonly value: unknown }) {
  const turns = turnsOf(value);
  if (turns === undefined)
    return (
      <pre className={styles.value}>{typeof value === 'string' ? value : JSON.stringify(value, undefined, 2)}</pre>
    );
  return (
    <ol className={styles.turns}>
      {turns.map(({ role, text }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: turns stay in their order
        <li key={index} className={role === 'assistant' || role === 'gpt' ? styles.answer : undefined}>
          <b>{role}</b>
          <p>{text}</p>
        </li>
      ))}
    </ol>
  );
}

export function RowView({ row }: { readonly row: Row }) {
  return (
    <div className={styles.stack}>
      {row.problem !== undefined && (
        <Note tone="bad" title={row.problem.message}>
          <p className="mono">{row.problem.code}</p>
        </Note>
      )}
      {Object.entries(row.value ?? {}).map(([column, value]) => (
        <section key={column}>
          <h3>{column}</h3>
          <Value value={value} />
        </section>
      ))}
    </div>
  );
}
