/** What makes sense next, one click each. */
import { Link } from 'wouter';
import { Card } from '../../../ui/card.tsx';
import { Icon } from '../../../ui/icon.tsx';
import styles from './next-list.module.css';
import type { NextStep } from './next-steps.ts';

export const NextList = ({ steps }: { readonly steps: readonly NextStep[] }) => (
  <Card title="Next" label="Next steps" flush>
    <ul className={styles.list}>
      {steps.map(({ title, text, icon, to }) => (
        <li key={title}>
          <Link href={to} className={styles.step}>
            <Icon name={icon} className={styles.icon} />
            <span>
              <b>{title}</b>
              <span className={styles.text}>{text}</span>
            </span>
            <Icon name="cr" size={14} />
          </Link>
        </li>
      ))}
    </ul>
  </Card>
);
