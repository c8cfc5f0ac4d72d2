/** One of several ways, as a row of its own: the dot, its name, and what there is to say of it. */
import { Radio } from '@mantine/core';
import type { ReactNode } from 'react';
import styles from './choice-card.module.css';

interface Props {
  readonly value: string;
  readonly title: string;
  readonly chosen: boolean;
  /** Class that says how wide the columns are and what room there is at the ends. */
  readonly columns: string;
  readonly children: ReactNode;
}

export const ChoiceCard = ({ value, title, chosen, columns, children }: Props) => (
  <Radio.Card value={value} className={`${styles.card} ${columns} ${chosen ? styles.chosen : ''}`}>
    <Radio.Indicator size="xs" />
    <b>{title}</b>
    {children}
  </Radio.Card>
);
