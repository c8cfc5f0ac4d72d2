/** How the engine is, in a word: ready, starting, lost and being reconnected, given up. */
import { useEffect, useRef } from 'react';
import { type ConnectionState, useConnection } from '../client/connection.ts';
import { tell } from '../ui/notify.tsx';
import styles from './engine-state.module.css';

const WORDS: Readonly<Record<ConnectionState['state'], string>> = {
  ready: 'Engine ready',
  connecting: 'Engine starting',
  lost: 'Engine lost, reconnecting',
  failed: 'Engine stopped',
  refused: 'Not allowed in',
};

/** Says so once when the engine comes back after it was lost. */
function useRecoveryNotice(state: ConnectionState['state']): void {
  const before = useRef(state);
  useEffect(() => {
    if (before.current === 'lost' && state === 'ready')
      tell({ tone: 'good', title: 'The engine is back', text: 'Nothing was lost. Interrupted jobs can be resumed.' });
    before.current = state;
  }, [state]);
}

export function EngineState() {
  const connection = useConnection();
  useRecoveryNotice(connection.state);
  const why = 'reason' in connection ? connection.reason : undefined;
  return (
    <div className={styles.engine} role="status" title={why}>
      <span className={`${styles.dot} ${styles[connection.state]}`} />
      {WORDS[connection.state]}
    </div>
  );
}
