/** Before and after, measure by measure: new value, old value, the ratio in words, the spread, two bars. */
import { Icon, type IconName } from '../../../ui/icon.tsx';
import type { Change, ComparisonRow } from './comparison.ts';
import styles from './strip.module.css';

const ICONS: Readonly<Record<Change, IconName>> = { better: 'check', worse: 'warn', same: 'dots' };
const TONES: Readonly<Record<Change, string>> = { better: 'good', worse: 'warn', same: 't2' };

export const Strip = ({ rows }: { readonly rows: readonly ComparisonRow[] }) => (
  <div className={styles.strip} role="group" aria-label="Before and after">
    {rows.map((row) => (
      <Measure key={row.key} row={row} />
    ))}
  </div>
);

function Measure({ row }: { readonly row: ComparisonRow }) {
  const { title, unit, before, after, beforeText, afterText, words, change, spreadText } = row;
  const most = Math.max(before ?? 0, after, Number.MIN_VALUE);
  const width = (value: number) => ({ width: `${Math.max(1, (100 * value) / most)}%` });
  return (
    <div className={styles.measure}>
      <div className={styles.name}>
        {title} <span>{unit}</span>
      </div>
      <div className={styles.value}>
        <b>{afterText}</b>
        {beforeText !== undefined && <span>from {beforeText}</span>}
      </div>
      <div className={styles.ratio}>
        {words !== undefined && (
          <span className={TONES[change]}>
            <Icon name={ICONS[change]} size={14} />
            {words}
          </span>
        )}
        <span className="grow" />
        <span className="t3">{spreadText}</span>
      </div>
      {before !== undefined && (
        <div className={styles.bars} aria-hidden>
          <div className={styles.before} style={width(before)} />
          <div className={styles.after} style={width(after)} />
        </div>
      )}
    </div>
  );
}
