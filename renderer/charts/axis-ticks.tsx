/** Round values along the axes of a drawn chart: lines with their values at the left, values below. */
import { tickText } from '../format/number.ts';
import styles from './charts.module.css';

interface Ticks {
  readonly ticks: readonly number[];
  /** Pixel at which a value stands. */
  readonly at: (value: number) => number;
}

export const RowTicks = ({ ticks, at, left, right }: Ticks & { readonly left: number; readonly right: number }) =>
  ticks.map((tick) => (
    <g key={tick}>
      <line className={styles.grid} x1={left} x2={right} y1={at(tick)} y2={at(tick)} />
      <text className={styles.tick} x={left - 8} y={at(tick) + 4} textAnchor="end">
        {tickText(tick)}
      </text>
    </g>
  ));

/** @param top from where lines run down to the values; none are drawn without */
export const ColumnTicks = ({ ticks, at, top, bottom }: Ticks & { readonly top?: number; readonly bottom: number }) =>
  ticks.map((tick) => (
    <g key={tick}>
      {top !== undefined && <line className={styles.grid} x1={at(tick)} x2={at(tick)} y1={top} y2={bottom} />}
      <text className={styles.tick} x={at(tick)} y={bottom + 16} textAnchor="middle">
        {tickText(tick)}
      </text>
    </g>
  ));
