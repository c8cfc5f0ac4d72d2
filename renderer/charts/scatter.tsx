/** Points of two measures, one against the other, with the line on which they would be equal where they are of one kind. */
import { useElementSize } from '@mantine/hooks';
import { useState } from 'react';
import { shortNumber } from '../format/number.ts';
import { ColumnTicks, RowTicks } from './axis-ticks.tsx';
import styles from './charts.module.css';
import { axisFor, linearTicks } from './ticks.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

interface Props {
  readonly label: string;
  readonly points: readonly Point[];
  readonly xLabel: string;
  readonly yLabel: string;
  /** Both axes have one scale, and where x is y is drawn. */
  readonly equal?: boolean;
  readonly height?: number;
}

const LEFT = 52;
const TOP = 22;
const BOTTOM = 34;
const RIGHT = 12;
/** Pixels within which a point is read out. */
const NEAR = 14;

const LINEAR = { log: false, margin: 0.04 };

export function Scatter({ label, points, xLabel, yLabel, equal = false, height = 300 }: Props) {
  const { ref, width } = useElementSize();
  const [active, setActive] = useState<Point>();
  const [xs, ys] = [points.map((point) => point.x), points.map((point) => point.y)];
  const xAxis = axisFor(equal ? [...xs, ...ys] : xs, LINEAR);
  const yAxis = equal ? xAxis : axisFor(ys, LINEAR);
  const inner = { width: Math.max(0, width - LEFT - RIGHT), height: height - TOP - BOTTOM };
  const x = (value: number): number => LEFT + xAxis.at(value) * inner.width;
  const y = (value: number): number => TOP + (1 - yAxis.at(value)) * inner.height;
  const nearest = (px: number, py: number): Point | undefined => {
    const gap = (point: Point) => Math.hypot(x(point.x) - px, y(point.y) - py);
    const best = points.reduce((a, b) => (gap(b) < gap(a) ? b : a), points[0]);
    return best !== undefined && gap(best) <= NEAR ? best : undefined;
  };
  return (
    <div ref={ref} className={styles.chart}>
      <svg
        width={width}
        height={height}
        role="img"
        aria-label={`${label}: ${points.length} points`}
        onMouseMove={({ nativeEvent }) => setActive(nearest(nativeEvent.offsetX, nativeEvent.offsetY))}
        onMouseLeave={() => setActive(undefined)}
      >
        <RowTicks ticks={yAxis.ticks} at={y} left={LEFT} right={width - RIGHT} />
        <line className={styles.axis} x1={LEFT} x2={width - RIGHT} y1={TOP + inner.height} y2={TOP + inner.height} />
        <ColumnTicks ticks={linearTicks(xAxis.low, xAxis.high, 6)} at={x} bottom={height - BOTTOM} />
        {equal && (
          <line className={styles.dash} x1={x(xAxis.low)} y1={y(yAxis.low)} x2={x(xAxis.high)} y2={y(yAxis.high)} />
        )}
        {points.map((point, i) => (
          <circle
            // biome-ignore lint/suspicious/noArrayIndexKey: points never move
            key={i}
            className={point === active ? styles.pointActive : styles.point}
            cx={x(point.x)}
            cy={y(point.y)}
            r={point === active ? 5 : 3.5}
          />
        ))}
        <text className={styles.name} x={0} y={12}>
          {yLabel}
        </text>
        <text className={styles.name} x={width - RIGHT} y={height - 3} textAnchor="end">
          {xLabel}
        </text>
      </svg>
      <div className={styles.reading} role="status">
        {active !== undefined && (
          <>
            {xLabel} <b>{shortNumber(active.x)}</b>, {yLabel} <b>{shortNumber(active.y)}</b>
          </>
        )}
      </div>
    </div>
  );
}
