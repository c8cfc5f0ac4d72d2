/** The curves of a training: loss large, and beside it speed, memory, gradient norm and learning rate. */
import { useMemo, useState } from 'react';
import { type ChartRow, thin } from '../metric-buffer.ts';
import { type Range, within } from './brush.ts';
import { LossChart } from './loss-chart.tsx';
import { SmallChart } from './small-chart.tsx';
import styles from './training-charts.module.css';

interface Props {
  readonly rows: readonly ChartRow[];
  /** Steps of the whole training; undefined once it is over. */
  readonly total: number | undefined;
}

/** Points that are drawn: more than one for each pixel shows nothing more. */
const DRAWN = 700;
const DRAWN_SMALL = 240;

function atMost(rows: readonly ChartRow[], count: number): readonly ChartRow[] {
  let few = rows;
  while (few.length > count) few = thin(few, 'loss');
  return few;
}

/** Named so that figures stay short. */
const memory = (bytes: number) => (bytes >= 1e9 ? { unit: 'GB', scale: 1e-9 } : { unit: 'MB', scale: 1e-6 });

const SMALL = [
  { series: 'tokensPerSecond', title: 'Speed', unit: 'tokens/s', scale: 1 },
  { series: 'memoryBytes', title: 'Memory', unit: 'GB', scale: 1e-9 },
  { series: 'gradientNorm', title: 'Gradient norm', unit: '', scale: 1 },
  { series: 'learningRate', title: 'Learning rate', unit: '', scale: 1 },
] as const;

export function TrainingCharts({ rows, total }: Props) {
  const [range, show] = useState<Range>();
  const zoom = useMemo(() => ({ range, show }), [range]);
  // Zoomed in, what is drawn is thinned after the cut: detail comes back.
  const drawn = useMemo(() => atMost(within(rows, range), DRAWN), [rows, range]);
  const drawnSmall = useMemo(() => atMost(drawn, DRAWN_SMALL), [drawn]);
  const last = rows.at(-1);
  const end = Math.max(total ?? 0, last?.step ?? 1);
  const small = SMALL.filter(({ series }) => last?.[series] !== undefined);
  return (
    <div className={small.length > 0 ? styles.charts : undefined}>
      <LossChart rows={drawn} end={end} running={total !== undefined && range === undefined} zoom={zoom} />
      {small.length > 0 && (
        <div className={styles.small}>
          {small.map((chart) => (
            <SmallChart
              key={chart.series}
              rows={drawnSmall}
              end={end}
              zoom={zoom}
              {...chart}
              {...(chart.series === 'memoryBytes' ? memory(last?.memoryBytes ?? 0) : {})}
            />
          ))}
        </div>
      )}
    </div>
  );
}
