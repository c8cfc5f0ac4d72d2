/** One result beside others: a bar each for what counts, with a second figure. */
import { Fragment } from 'react';
import styles from './transfer-picture.module.css';

export interface BesideRow {
  readonly name: string;
  readonly main: number;
  readonly second?: number;
  /** The result itself, not what it is compared with. */
  readonly own?: boolean;
}

interface Props {
  readonly rows: readonly BesideRow[];
  readonly main: { readonly title: string; readonly show: (value: number) => string };
  readonly second: { readonly title: string; readonly help?: string; readonly show: (value: number) => string };
  /** Of a whole bar; default the largest value. */
  readonly most?: number;
}

export function BesideBars({ rows, main, second, most = Math.max(...rows.map((row) => row.main)) }: Props) {
  return (
    <div className={styles.bars}>
      <span />
      <span />
      <span className={styles.heading}>{main.title}</span>
      <span className={styles.heading} title={second.help}>
        {second.title}
      </span>
      {rows.map((row) => (
        <Fragment key={row.name}>
          <span className="nw">{row.name}</span>
          <div className={styles.track}>
            <div
              className={styles.bar}
              style={{
                width: `${(100 * Math.max(0, row.main)) / (most || 1)}%`,
                background: row.own ? 'var(--after)' : 'var(--before)',
              }}
            />
          </div>
          <b className={styles.numeric}>{main.show(row.main)}</b>
          <span className={styles.numeric}>{row.second === undefined ? '' : second.show(row.second)}</span>
        </Fragment>
      ))}
    </div>
  );
}
