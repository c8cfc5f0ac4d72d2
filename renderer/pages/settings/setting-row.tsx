/** One setting: its name, one line of help, its control. */
import type { ReactNode } from 'react';
import styles from './settings.module.css';

interface Props {
  readonly label: string;
  readonly help?: ReactNode;
  /** Of the control, so that the label names it. */
  readonly id?: string;
  readonly children: ReactNode;
}

export const SettingRow = ({ label, help, id, children }: Props) => (
  <div className={styles.row}>
    <div className={styles.words}>
      {id === undefined ? (
        <p className={styles.label}>{label}</p>
      ) : (
        <label className={styles.label} htmlFor={id}>
          {label}
        </label>
      )}
      {help !== undefined && <div className={styles.help}>{help}</div>}
    </div>
    <div className={styles.control}>{children}</div>
  </div>
);
