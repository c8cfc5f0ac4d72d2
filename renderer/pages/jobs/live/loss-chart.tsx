/** The loss: raw under its smoothed line, held-out points, and where it is heading; drag to zoom, log scale on request. */
import { Button, SegmentedControl } from '@mantine/core';
import { useMemo, useState } from 'react';
import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceArea,
  ReferenceDot,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import { ChartCard } from '../../../charts/chart-card.tsx';
import { tickText } from '../../../format/number.ts';
import { expectation } from '../expectation.ts';
import type { ChartRow } from '../metric-buffer.ts';
import { useBrush, within, type Zoom } from './brush.ts';
import styles from './loss-chart.module.css';
import { StepTooltip } from './step-tooltip.tsx';
import { niceSteps, niceTicks } from './ticks.ts';

interface Props {
  readonly rows: readonly ChartRow[];
  /** Last step of the axis. */
  readonly end: number;
  readonly running: boolean;
  readonly zoom: Zoom;
  /** What it is counted in. */
  readonly unit: string;
}

const EXPECTED_POINTS = 24;

export function LossChart({ rows, end, running, zoom, unit }: Props) {
  const [scale, setScale] = useState<'linear' | 'log'>('linear');
  const { drag, handlers } = useBrush(zoom.show);
  const last = rows.findLast(({ loss }) => loss !== undefined);
  const expected = useMemo(() => (running ? expectedRows(rows, end) : []), [rows, end, running]);
  const shown = useMemo(() => within([...rows, ...expected], zoom.range), [rows, expected, zoom.range]);
  const [from, to] = zoom.range ?? [0, end];
  const narrow = from + (to - from) * 0.82;
  const ticks = useMemo(() => ticksOf(shown), [shown]);
  const heldOut = rows.findLast(({ evalLoss }) => evalLoss !== undefined);
  return (
    <ChartCard
      title="Loss"
      sub={unit}
      name="loss"
      rows={rows}
      columns={['step', 'loss', 'lossSmooth', 'evalLoss']}
      actions={
        <>
          {zoom.range !== undefined && (
            <Button size="xs" variant="subtle" onClick={() => zoom.show(undefined)}>
              Whole range
            </Button>
          )}
          <SegmentedControl
            size="xs"
            aria-label="Scale of the loss"
            value={scale}
            onChange={(value) => setScale(value === 'log' ? 'log' : 'linear')}
            data={[
              { value: 'linear', label: 'Linear' },
              { value: 'log', label: 'Log' },
            ]}
          />
        </>
      }
    >
      <div className={styles.plot}>
        <ResponsiveContainer width="100%" height="100%">
          <ComposedChart
            data={shown}
            margin={{ top: 12, right: 16, bottom: 4, left: -12 }}
            title="Loss by step"
            {...handlers}
          >
            <CartesianGrid vertical={false} stroke="var(--grid)" />
            <XAxis
              dataKey="step"
              type="number"
              domain={[from, to]}
              ticks={niceSteps(from, to, 6)}
              tickFormatter={tickText}
              allowDataOverflow
              stroke="var(--axis)"
              tick={{ fill: 'var(--text-3)', fontSize: 12 }}
              tickLine={false}
            />
            <YAxis
              scale={scale}
              domain={scale === 'log' ? ['auto', 'auto'] : [ticks[0], ticks[ticks.length - 1]]}
              ticks={scale === 'log' ? undefined : ticks}
              width={56}
              axisLine={false}
              tickLine={false}
              tick={{ fill: 'var(--text-3)', fontSize: 12 }}
              tickFormatter={(value: number) => String(Number(value.toPrecision(3)))}
            />
            <Tooltip
              content={<StepTooltip />}
              cursor={{ stroke: 'var(--text-3)', strokeDasharray: '3 3' }}
              isAnimationActive={false}
            />
            <Area
              dataKey="band"
              stroke="none"
              fill="var(--before)"
              fillOpacity={0.15}
              isAnimationActive={false}
              activeDot={false}
            />
            <Line
              dataKey="loss"
              stroke="var(--after)"
              strokeOpacity={0.34}
              strokeWidth={1}
              dot={false}
              isAnimationActive={false}
              activeDot={false}
            />
            <Line
              dataKey="expected"
              stroke="var(--before-mark)"
              strokeDasharray="4 3"
              dot={false}
              isAnimationActive={false}
              activeDot={false}
            />
            <Line dataKey="lossSmooth" stroke="var(--after)" strokeWidth={2} dot={false} isAnimationActive={false} />
            <Line
              dataKey="evalLoss"
              stroke="none"
              dot={{ r: 4, fill: 'var(--before-mark)', stroke: 'var(--bg-surface)', strokeWidth: 1.5 }}
              isAnimationActive={false}
            />
            {last?.lossSmooth !== undefined && last.step >= from && last.step <= to && (
              <ReferenceDot
                x={last.step}
                y={last.lossSmooth}
                r={4}
                fill="var(--after)"
                stroke="var(--bg-surface)"
                label={<EndLabel text={`train ${last.lossSmooth.toFixed(2)}`} left={last.step > narrow} />}
              />
            )}
            {heldOut?.evalLoss !== undefined && heldOut.step >= from && heldOut.step <= to && (
              <ReferenceDot
                x={heldOut.step}
                y={heldOut.evalLoss}
                r={0}
                label={
                  <EndLabel text={`held-out ${heldOut.evalLoss.toFixed(2)}`} left={heldOut.step > narrow} second />
                }
              />
            )}
            {drag && <ReferenceArea x1={drag[0]} x2={drag[1]} fill="var(--accent)" fillOpacity={0.12} />}
          </ComposedChart>
        </ResponsiveContainer>
        <span className={styles.unit}>Step</span>
      </div>
    </ChartCard>
  );
}

interface EndLabelProps {
  readonly text: string;
  /** Where the line ends at the right edge there is room only before its end. */
  readonly left: boolean;
  /** Beside another that may end in the same place: quieter, and a line further up. */
  readonly second?: boolean;
  /** Given by the chart. */
  readonly viewBox?: { readonly x?: number; readonly y?: number; readonly width?: number; readonly height?: number };
}

const EndLabel = ({ text, left, second = false, viewBox }: EndLabelProps) => {
  const { x = 0, y = 0, width = 0, height = 0 } = viewBox ?? {};
  const down = left ? (second ? -28 : -12) : second ? -4 : 18;
  return (
    <text
      x={x + width / 2 + (left ? -8 : 8)}
      y={y + height / 2 + down}
      textAnchor={left ? 'end' : 'start'}
      fill={second ? 'var(--text-2)' : 'var(--accent-text)'}
      fontSize={12}
      fontWeight={second ? 400 : 600}
    >
      {text}
    </text>
  );
};

/** Round ticks around everything that is drawn. */
function ticksOf(rows: readonly { readonly [key: string]: unknown }[]): number[] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const row of rows)
    for (const key of ['loss', 'lossSmooth', 'evalLoss', 'expected']) {
      const value = row[key];
      if (typeof value !== 'number') continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  return low <= high ? niceTicks(low, high, 4) : [0, 1];
}

type ExpectedRow = {
  readonly step: number;
  readonly time: number;
  readonly expected: number;
  readonly band: readonly [number, number];
};

function expectedRows(rows: readonly ChartRow[], end: number): ExpectedRow[] {
  const known = rows.flatMap(({ step, lossSmooth }) => (lossSmooth === undefined ? [] : [{ step, loss: lossSmooth }]));
  const last = known.at(-1);
  const fit = expectation(known);
  if (!fit || !last || last.step >= end) return [];
  // Begins where the line ends, whatever the fit says there.
  const shift = last.loss - fit.at(last.step);
  return Array.from({ length: EXPECTED_POINTS + 1 }, (_, i) => {
    const step = last.step + ((end - last.step) * i) / EXPECTED_POINTS;
    const share = i / EXPECTED_POINTS;
    const expected = fit.at(step) + shift * (1 - share);
    const width = fit.band * share * 2;
    return { step, time: 0, expected, band: [expected - width, expected + width] as const };
  });
}
