/** A thin bar that says how much of a whole is used or done. */
import styles from './meter.module.css';

interface Props {
  /** 0 to 1. */
  readonly share: number;
  readonly label: string;
  /** Grey: a fact. Accent: progress. */
  readonly tone?: 'fact' | 'progress' | 'warn' | 'bad';
}

export function Meter({ share, label, tone = 'fact' }: Props) {
  const value = Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0));
  return (
    <div
      className={styles.track}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(value * 100)}
    >
      <div className={`${styles.fill} ${styles[tone]}`} style={{ width: `${value * 100}%` }} />
    </div>
  );
}
