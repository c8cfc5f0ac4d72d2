/** What is taken for what: a cell for each pair of a true and a predicted class, darker where there are more. */
import { Card } from '../../../ui/card.tsx';
import styles from './transfer-picture.module.css';

interface Props {
  readonly labels: readonly string[];
  /** Rows: the true class. */
  readonly counts: readonly (readonly number[])[];
}

export function Confusion({ labels, counts }: Props) {
  const slanted = labels.length > 4 ? styles.slanted : undefined;
  return (
    <Card title="What it mixes up" sub="rows: the label; columns: what it says" label="Confusion matrix">
      <div className={styles.scroll}>
        <table className={styles.matrix}>
          <thead>
            <tr>
              <td />
              {labels.map((label) => (
                <th key={label} className={slanted} scope="col" title={label}>
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {counts.map((row, r) => (
              <tr key={labels[r]}>
                <th scope="row" title={labels[r]}>
                  {labels[r]}
                </th>
                {row.map((count, c) => (
                  <Cell
                    key={labels[c]}
                    count={count}
                    share={
                      count /
                      Math.max(
                        1,
                        row.reduce((a, b) => a + b, 0),
                      )
                    }
                    right={r === c}
                    words={`${count} labelled ${labels[r]}, taken for ${labels[c]}`}
                  />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

interface CellProps {
  readonly count: number;
  /** Of its row. */
  readonly share: number;
  readonly right: boolean;
  readonly words: string;
}

/** A tint of at most this share, so that the figure on it stays readable in both themes. */
const DARKEST = 45;

const Cell = ({ count, share, right, words }: CellProps) => (
  <td
    title={words}
    style={{
      background:
        count === 0
          ? 'var(--bg-hover)'
          : `color-mix(in srgb, ${right ? 'var(--good-solid)' : 'var(--bad-solid)'} ${Math.round(8 + (DARKEST - 8) * share)}%, var(--bg-surface))`,
      color: count === 0 ? 'var(--text-3)' : 'var(--text)',
    }}
  >
    {right && count > 0 ? <b>{count}</b> : count}
  </td>
);
