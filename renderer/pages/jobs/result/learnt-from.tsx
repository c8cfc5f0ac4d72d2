/** Under the scores of a transfer: how much they rest on, further figures, and what was cut or left out. */
import type { ReactNode } from 'react';
import styles from './transfer-picture.module.css';

interface Props {
  readonly report: Readonly<Record<'trainRows' | 'testRows' | 'cutRows' | 'problemCount', number>>;
  /** What a row is. */
  readonly rows: 'texts' | 'pairs';
  readonly children?: ReactNode;
}

export const LearntFrom = ({ report: { trainRows, testRows, cutRows, problemCount }, rows, children }: Props) => (
  <p className={styles.figures}>
    <span>
      learnt from {trainRows.toLocaleString('en-US')}, measured on {testRows.toLocaleString('en-US')} {rows}
    </span>
    {children}
    {cutRows > 0 && <span>{cutRows.toLocaleString('en-US')} texts were longer than what is read of them</span>}
    {problemCount > 0 && <span>{problemCount.toLocaleString('en-US')} rows were left out</span>}
  </p>
);
