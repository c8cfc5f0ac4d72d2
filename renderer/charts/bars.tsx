/** A histogram: bars side by side, axes with units, the exact figures on hover and by arrow keys. */
import { useElementSize } from '@mantine/hooks';
import { type KeyboardEvent, useState } from 'react';
import { exactNumber, shortNumber } from '../format/number.ts';
import { ColumnTicks, RowTicks } from './axis-ticks.tsx';
import styles from './charts.module.css';
import { linearTicks } from './ticks.ts';

export interface Bar {
  readonly from: number;
  readonly to: number;
  readonly value: number;
}

interface Props {
  readonly label: string;
  readonly bars: readonly Bar[];
  readonly xLabel: string;
  readonly yLabel: string;
  readonly height?: number;
  /** Bars of one width whatever they span, each named by its bounds: for spans that double. */
  readonly even?: boolean;
  /** Vertical marks: a limit, a median. */
  readonly marks?: readonly { readonly at: number; readonly text: string }[];
}

const LEFT = 52;
/** For the axis' name; each mark's name takes another row. */
const HEAD = 22;
const ROW = 16;
const BOTTOM = 34;

export function Bars({ label, bars, xLabel, yLabel, height = 260, marks = [], even = false }: Props) {
  const { ref, width } = useElementSize();
  const [active, setActive] = useState<number>();
  const top = HEAD + marks.length * ROW;
  const inner = { width: Math.max(0, width - LEFT - 8), height: height - top - BOTTOM };
  const low = bars[0]?.from ?? 0;
  const high = bars.at(-1)?.to ?? 1;
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const share = even ? evenShare(bars) : (value: number): number => (value - low) / (high - low || 1);
  const x = (value: number): number => LEFT + share(value) * inner.width;
  const y = (value: number): number => top + inner.height * (1 - value / most);
  const bar = active === undefined ? undefined : bars[active];
  const barAt = (px: number): number | undefined => {
    const found = bars.findIndex((one) => px >= x(one.from) && px < x(one.to));
    return found < 0 ? undefined : found;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    setActive(Math.min(bars.length - 1, Math.max(0, (active ?? (step > 0 ? -1 : bars.length)) + step)));
  };
  return (
    <div
      ref={ref}
      className={styles.chart}
      role="group"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys read out the bars
      tabIndex={0}
      onKeyDown={onKeyDown}
      onBlur={() => setActive(undefined)}
    >
      <svg
        width={width}
        height={height}
        role="img"
        aria-label={label}
        onMouseMove={(event) => setActive(barAt(event.nativeEvent.offsetX))}
        onMouseLeave={() => setActive(undefined)}
      >
        <RowTicks ticks={linearTicks(0, most, 4)} at={y} left={LEFT} right={width - 8} />
        {bars.map((one, index) => {
          const left = x(one.from);
          const gap = inner.width / bars.length > 4 ? 1 : 0;
          return (
            <g key={one.from}>
              <rect
                className={index === active ? styles.barActive : styles.bar}
                x={left}
                y={y(one.value)}
                width={Math.max(0.5, x(one.to) - left - gap)}
                height={top + inner.height - y(one.value)}
              />
            </g>
          );
        })}
        {marks.map(({ at, text }, row) => (
          <g key={text}>
            <line className={styles.dash} x1={x(at)} x2={x(at)} y1={HEAD + row * ROW} y2={top + inner.height} />
            <text
              className={styles.name}
              x={x(at) + (x(at) > width - 120 ? -4 : 4)}
              y={HEAD + 10 + row * ROW}
              textAnchor={x(at) > width - 120 ? 'end' : 'start'}
            >
              {text}
            </text>
          </g>
        ))}
        <line className={styles.axis} x1={LEFT} x2={width - 8} y1={top + inner.height} y2={top + inner.height} />
        <ColumnTicks ticks={even ? edges(bars) : linearTicks(low, high, 6)} at={x} bottom={height - BOTTOM} />
        <text className={styles.name} x={0} y={12}>
          {yLabel}
        </text>
        <text className={styles.name} x={width - 8} y={height - 3} textAnchor="end">
          {xLabel}
        </text>
      </svg>
      <div className={styles.reading} role="status">
        {bar !== undefined && (
          <>
            {shortNumber(bar.from)} to {shortNumber(bar.to)} {xLabel}: <b>{exactNumber(bar.value)}</b>
          </>
        )}
      </div>
    </div>
  );
}

const edges = (bars: readonly Bar[]): readonly number[] => [
  ...bars.map(({ from }) => from),
  ...bars.slice(-1).map(({ to }) => to),
];

/** Where a value stands when every bar is equally wide: 0 to 1. */
const evenShare =
  (bars: readonly Bar[]) =>
  (value: number): number => {
    const index = bars.findIndex(({ to }) => value < to);
    const bar = bars[index];
    if (bar === undefined) return 1;
    return (index + (value - bar.from) / (bar.to - bar.from || 1)) / bars.length;
  };
