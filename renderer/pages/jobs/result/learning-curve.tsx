/** Whether more rows would help: how good it is when it learns from a part of them. */
import { percentToTenth } from '../../../format/number.ts';
import { Card } from '../../../ui/card.tsx';
import styles from './transfer-picture.module.css';

interface Props {
  /** "right answers, learnt from so many texts" */
  readonly sub: string;
  readonly points: readonly { readonly rows: number; readonly score: number }[];
}

export const LearningCurve = ({ sub, points }: Props) => (
  <Card title="Would more data help?" sub={sub} label="Learning curve">
    <div className={styles.curve}>
      {points.map(({ rows, score }) => (
        <Point key={rows} rows={rows} score={score} />
      ))}
    </div>
  </Card>
);

const Point = ({ rows, score }: { readonly rows: number; readonly score: number }) => (
  <>
    <span className={styles.numeric}>{rows.toLocaleString('en-US')}</span>
    <div className={styles.track}>
      <div className={styles.bar} style={{ width: `${100 * Math.max(0, score)}%`, background: 'var(--after)' }} />
    </div>
    <b className={styles.numeric}>{percentToTenth(score)}</b>
  </>
);
