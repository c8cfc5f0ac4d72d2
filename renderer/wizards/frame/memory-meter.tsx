/** What the job needs of the memory that is free, with a hatched end where it would not fit. */

import styles from './consequence.module.css';
import type { Level } from './consequence.ts';

interface Props {
  readonly needed: number;
  readonly available: number;
  readonly level: Level;
}

export function MemoryMeter({ needed, available, level }: Props) {
  const whole = Math.max(needed, available, 1);
  const share = Math.round((100 * needed) / Math.max(available, 1));
  return (
    <div
      className={styles.meter}
      role="meter"
      aria-label="Share of free memory"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.min(100, share)}
      aria-valuetext={`${share}% of the free memory`}
    >
      <div
        className={`${styles.used} ${level === 'bad' && needed > available ? styles.over : ''}`}
        style={{ width: `${Math.max(0.8, (100 * needed) / whole)}%` }}
      />
      {needed > available && <div className={styles.limit} style={{ left: `${(100 * available) / whole}%` }} />}
    </div>
  );
}
