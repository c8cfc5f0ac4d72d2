/** A white sheet with a head: title, one quiet line, actions at the right. */
import type { ReactNode } from 'react';
import styles from './card.module.css';

interface Props {
  readonly title?: ReactNode;
  readonly sub?: ReactNode;
  readonly actions?: ReactNode;
  /** The body goes to the edges: tables, canvases. */
  readonly flush?: boolean;
  readonly className?: string;
  /** null: only the head. */
  readonly children: ReactNode;
  readonly label?: string;
}

export function Card({ title, sub, actions, flush, className, children, label }: Props) {
  return (
    <section className={className === undefined ? styles.card : `${styles.card} ${className}`} aria-label={label}>
      {(title ?? actions) !== undefined && (
        <div className={styles.head}>
          {title !== undefined && <h2 className="nw">{title}</h2>}
          <div className={styles.sub}>{sub}</div>
          {actions}
        </div>
      )}
      {children !== null && <div className={flush ? styles.flush : styles.body}>{children}</div>}
    </section>
  );
}
