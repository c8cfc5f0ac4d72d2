/** One quantity over the steps, small: its curve and its last value. */
import { memo, useMemo } from 'react';
import { Area, AreaChart, CartesianGrid, ReferenceArea, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { ChartCard } from '../../../charts/chart-card.tsx';
import { shortNumber, tickText } from '../../../format/number.ts';
import type { ChartRow } from '../metric-buffer.ts';
import { useBrush, within, type Zoom } from './brush.ts';
import styles from './small-chart.module.css';
import { StepTooltip } from './step-tooltip.tsx';

interface Props {
  readonly rows: readonly ChartRow[];
  readonly end: number;
  readonly title: string;
  readonly unit: string;
  /** Key of the rows. */
  readonly series: string;
  readonly scale: number;
  readonly zoom: Zoom;
}

export const SmallChart = memo(function SmallChart({ rows, end, title, unit, series, scale, zoom }: Props) {
  const { drag, handlers } = useBrush(zoom.show);
  const shown = useMemo(() => within(rows, zoom.range), [rows, zoom.range]);
  const [from, to] = zoom.range ?? [0, end];
  const last = rows.findLast((row) => row[series] !== undefined)?.[series];
  const format = (value: number) => axisNumber(value * scale);
  return (
    <ChartCard
      title={unit === '' ? title : `${title}, ${unit}`}
      name={series}
      rows={rows}
      columns={['step', series]}
      small
      value={last === undefined ? undefined : format(last)}
    >
      <div className={styles.plot}>
        <ResponsiveContainer width="100%" height="100%">
          <AreaChart
            data={shown as ChartRow[]}
            margin={{ top: 4, right: 4, bottom: 0, left: -8 }}
            title={`${title} by step`}
            {...handlers}
          >
            <CartesianGrid vertical={false} stroke="var(--grid)" />
            <XAxis
              dataKey="step"
              type="number"
              domain={[from, to]}
              ticks={[from, to]}
              tickFormatter={tickText}
              allowDataOverflow
              stroke="var(--axis)"
              tickLine={false}
              height={18}
              tick={{ fill: 'var(--text-3)', fontSize: 12 }}
            />
            <YAxis
              width={56}
              domain={[0, 'auto']}
              tickCount={3}
              axisLine={false}
              tickLine={false}
              tick={{ fill: 'var(--text-3)', fontSize: 12 }}
              tickFormatter={format}
            />
            <Tooltip
              content={<StepTooltip />}
              cursor={{ stroke: 'var(--text-3)', strokeDasharray: '3 3' }}
              isAnimationActive={false}
            />
            <Area
              dataKey={series}
              stroke="var(--after)"
              strokeWidth={1.2}
              fill="var(--after)"
              fillOpacity={0.1}
              dot={false}
              isAnimationActive={false}
            />
            {drag && <ReferenceArea x1={drag[0]} x2={drag[1]} fill="var(--accent)" fillOpacity={0.12} />}
          </AreaChart>
        </ResponsiveContainer>
      </div>
    </ChartCard>
  );
});

const axisNumber = (value: number): string =>
  value === 0 ? '0' : Math.abs(value) < 0.01 ? value.toExponential(1) : shortNumber(value);
