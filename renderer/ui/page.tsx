/** The head every page begins with, and the width it keeps to. */
import { type ReactNode, useEffect } from 'react';
import { type Crumb, useTellCrumbs } from './crumbs.ts';
import styles from './page.module.css';

interface Props {
  readonly title: string;
  /** One line of fact. */
  readonly sub?: ReactNode;
  /** At most one of them primary. */
  readonly actions?: ReactNode;
  /** What stands above this page; the page itself is added. */
  readonly crumbs?: readonly Crumb[];
  /** For reading: at most 1,200 px. */
  readonly narrow?: boolean;
  /** Fills the height of the window; what is inside scrolls by itself. */
  readonly fill?: boolean;
  readonly children: ReactNode;
}

export function Page({ title, sub, actions, crumbs = [], narrow, fill, children }: Props) {
  useTellCrumbs([...crumbs, { label: title }]);
  useEffect(() => {
    document.title = `${title} - Lathe`;
  }, [title]);
  const names = [styles.page, narrow && styles.narrow, fill && styles.fill].filter(Boolean).join(' ');
  return (
    <div className={names}>
      <div className={styles.head}>
        <h1 className="cut">{title}</h1>
        <div className={styles.sub}>{sub}</div>
        {actions}
      </div>
      {children}
    </div>
  );
}
