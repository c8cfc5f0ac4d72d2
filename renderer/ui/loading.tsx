/** Grey bars where something will be; nothing for the first moment, so that quick answers do not flicker. */
import { useEffect, useState } from 'react';
import styles from './loading.module.css';

interface Props {
  readonly rows?: number;
  readonly label?: string;
}

const PATIENCE_MS = 150;

export function Loading({ rows = 4, label = 'Loading' }: Props) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => setLate(true), PATIENCE_MS);
    return () => window.clearTimeout(timer);
  }, []);
  return (
    <div className={styles.loading} role="status" aria-label={label}>
      {late && [...Array(rows).keys()].map((row) => <div key={row} className={styles.bar} />)}
    </div>
  );
}
