/** The curves of a training: loss large, and beside it speed, memory, gradient norm and learning rate. */
import { useDeferredValue, useMemo, useRef, useState } from 'react';
import { type ChartRow, thin } from '../metric-buffer.ts';
import { type Range, within } from './brush.ts';
import { LossChart } from './loss-chart.tsx';
import { SmallChart } from './small-chart.tsx';
import styles from './training-charts.module.css';

interface Props {
  readonly rows: readonly ChartRow[];
  /** Steps of the whole training; undefined once it is over. */
  readonly total: number | undefined;
  /** What the loss is counted in. */
  readonly unit: string;
}

/** Points that are drawn: more than one for each pixel shows nothing more; fewer while they are drawn anew all the time. */
const DRAWN = { live: 320, still: 700 };
const DRAWN_SMALL = { live: 100, still: 240 };

function atMost(rows: readonly ChartRow[], count: number): readonly ChartRow[] {
  let few = rows;
  while (few.length > count) few = thin(few, 'loss');
  return few;
}

/** Named so that figures stay short. */
const memory = (bytes: number) => (bytes >= 1e9 ? { unit: 'GB', scale: 1e-9 } : { unit: 'MB', scale: 1e-6 });

const SMALL = [
  { series: 'agreement', title: 'Agrees with teacher', unit: '%', scale: 100 },
  { series: 'match', title: 'Layers apart', unit: '', scale: 1 },
  { series: 'tokensPerSecond', title: 'Speed', unit: 'tokens/s', scale: 1 },
  { series: 'memoryBytes', title: 'Memory', unit: 'GB', scale: 1e-9 },
  { series: 'gradientNorm', title: 'Gradient norm', unit: '', scale: 1 },
  { series: 'learningRate', title: 'Learning rate', unit: '', scale: 1 },
] as const;

/** While a job streams, one of the small charts is drawn anew at a time: all at once would not fit into a frame. */
function useTurns(rows: readonly ChartRow[], charts: number, live: boolean): readonly (readonly ChartRow[])[] {
  const turn = useRef(0);
  const held = useRef<readonly (readonly ChartRow[])[]>([]);
  return useMemo(() => {
    turn.current = (turn.current + 1) % charts;
    held.current = Array.from({ length: charts }, (_, i) =>
      live && i !== turn.current && (held.current[i]?.length ?? 0) > 0 ? held.current[i] : rows,
    );
    return held.current;
  }, [rows, charts, live]);
}

export function TrainingCharts({ rows: newest, total, unit }: Props) {
  // Numbers and log come first; the curves are drawn in a turn of their own.
  const rows = useDeferredValue(newest);
  const [range, show] = useState<Range>();
  const zoom = useMemo(() => ({ range, show }), [range]);
  // Zoomed in, what is drawn is thinned after the cut: detail comes back.
  const live = total !== undefined;
  const pace = live ? 'live' : 'still';
  const drawn = useMemo(() => atMost(within(rows, range), DRAWN[pace]), [rows, range, pace]);
  const drawnSmall = useMemo(() => atMost(drawn, DRAWN_SMALL[pace]), [drawn, pace]);
  const smallRows = useTurns(drawnSmall, SMALL.length, live);
  const last = rows.at(-1);
  const end = Math.max(total ?? 0, last?.step ?? 1);
  const small = SMALL.filter(({ series }) => last?.[series] !== undefined);
  return (
    <div className={small.length > 0 ? styles.charts : undefined}>
      <LossChart rows={drawn} end={end} running={live && range === undefined} zoom={zoom} unit={unit} />
      {small.length > 0 && (
        <div className={styles.small}>
          {small.map((chart, index) => (
            <SmallChart
              key={chart.series}
              rows={smallRows[index]}
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
