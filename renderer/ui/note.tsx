/** A remark set apart: information, a warning, an error, good news. */
import type { ReactNode } from 'react';
import { Icon } from './icon.tsx';
import styles from './note.module.css';

export type NoteTone = 'info' | 'good' | 'warn' | 'bad';
const ICON = { info: 'info', good: 'check', warn: 'warn', bad: 'warn' } as const;

interface Props {
  readonly tone?: NoteTone;
  readonly title?: ReactNode;
  readonly children?: ReactNode;
}

export const Note = ({ tone = 'info', title, children }: Props) => (
  <div className={`${styles.note} ${styles[tone]}`} role={tone === 'bad' ? 'alert' : 'note'}>
    <Icon name={ICON[tone]} />
    <div className={styles.body}>
      {title !== undefined && <p className={styles.title}>{title}</p>}
      {children}
    </div>
  </div>
);
