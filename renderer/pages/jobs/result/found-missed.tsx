/** Where a text has any number of labels: of each label what was found, what was missed and what was said too much. */
import { Fragment } from 'react';
import { Card } from '../../../ui/card.tsx';
import styles from './transfer-picture.module.css';
import type { TransferReport } from './transfer-report.ts';

export function FoundMissed({ report: { perClass } }: { readonly report: TransferReport }) {
  const rows = perClass.map(({ label, precision, recall, support }) => {
    const found = Math.round(recall * support);
    const called = precision === 0 ? 0 : Math.round(found / precision);
    return { label, found, missed: support - found, added: called - found };
  });
  const most = Math.max(1, ...rows.map(({ found, missed, added }) => found + missed + added));
  const part = (count: number, className: string) => (
    <div className={className} style={{ width: `${(100 * count) / most}%` }} />
  );
  return (
    <Card
      title="Found, missed and added"
      sub={
        <span className={styles.legend}>
          <i className={styles.found} /> found <i className={styles.missed} /> missed <i className={styles.added} />{' '}
          added
        </span>
      }
      label="Found, missed and added"
    >
      <div className={`${styles.curve} ${styles.scroll}`}>
        {rows.map(({ label, found, missed, added }) => (
          <Fragment key={label}>
            <span className="nw">{label}</span>
            <div className={styles.stack} title={`${found} found, ${missed} missed, ${added} added`}>
              {part(found, styles.found)}
              {part(missed, styles.missed)}
              {part(added, styles.added)}
            </div>
            <span className={styles.numeric}>
              {found} of {found + missed}
            </span>
          </Fragment>
        ))}
      </div>
    </Card>
  );
}
