/** What a page is for while it holds nothing: one sentence, one example, the one action that fills it. */
import type { ReactNode } from 'react';
import styles from './empty-state.module.css';
import { Icon, type IconName } from './icon.tsx';

interface Props {
  readonly icon: IconName;
  readonly title: string;
  readonly example?: ReactNode;
  readonly action?: ReactNode;
}

export const EmptyState = ({ icon, title, example, action }: Props) => (
  <div className={styles.empty}>
    <Icon name={icon} size={20} />
    <p className={styles.title}>{title}</p>
    {example !== undefined && <div className={styles.example}>{example}</div>}
    {action !== undefined && <div className={styles.action}>{action}</div>}
  </div>
);
