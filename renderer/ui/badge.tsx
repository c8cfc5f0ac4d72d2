/** A state in a word and an icon, never in colour alone. */
import type { ReactNode } from 'react';
import styles from './badge.module.css';
import { Icon, type IconName } from './icon.tsx';

export type Tone = 'neutral' | 'good' | 'warn' | 'bad' | 'accent';

interface Props {
  readonly tone?: Tone;
  readonly icon?: IconName;
  readonly title?: string;
  readonly children: ReactNode;
}

export const Badge = ({ tone = 'neutral', icon, title, children }: Props) => (
  <span className={`${styles.badge} ${styles[tone]}`} title={title}>
    {icon !== undefined && <Icon name={icon} size={12} />}
    {children}
  </span>
);
