/** Points of two measures, one against the other, with the line on which they would be equal where they are of one kind. */
import { useElementSize } from '@mantine/hooks';
import { useState } from 'react';
import { shortNumber, tickText } from '../format/number.ts';
import styles from './charts.module.css';
import { linearTicks } from './ticks.ts';

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

function rangeOf(values: readonly number[]): readonly [number, number] {
  const [low, high] = values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
  const room = (high - low || 1) * 0.04;
  return [low - room, high + room];
}

export function Scatter({ label, points, xLabel, yLabel, equal = false, height = 300 }: Props) {
  const { ref, width } = useElementSize();
  const [active, setActive] = useState<Point>();
  const [xs, ys] = [points.map((point) => point.x), points.map((point) => point.y)];
  const xRange = rangeOf(equal ? [...xs, ...ys] : xs);
  const yRange = equal ? xRange : rangeOf(ys);
  const inner = { width: Math.max(0, width - LEFT - RIGHT), height: height - TOP - BOTTOM };
  const x = (value: number): number => LEFT + ((value - xRange[0]) / (xRange[1] - xRange[0])) * inner.width;
  const y = (value: number): number => TOP + (1 - (value - yRange[0]) / (yRange[1] - yRange[0])) * inner.height;
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
        {linearTicks(yRange[0], yRange[1], 5).map((tick) => (
          <g key={tick}>
            <line className={styles.grid} x1={LEFT} x2={width - RIGHT} y1={y(tick)} y2={y(tick)} />
            <text className={styles.tick} x={LEFT - 8} y={y(tick) + 4} textAnchor="end">
              {tickText(tick)}
            </text>
          </g>
        ))}
        <line className={styles.axis} x1={LEFT} x2={width - RIGHT} y1={TOP + inner.height} y2={TOP + inner.height} />
        {linearTicks(xRange[0], xRange[1], 6).map((tick) => (
          <text key={tick} className={styles.tick} x={x(tick)} y={height - BOTTOM + 16} textAnchor="middle">
            {tickText(tick)}
          </text>
        ))}
        {equal && (
          <line className={styles.dash} x1={x(xRange[0])} y1={y(yRange[0])} x2={x(xRange[1])} y2={y(yRange[1])} />
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
