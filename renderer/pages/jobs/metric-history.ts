/** What was measured before the page looked, as points: of thinned stretches the loss keeps its lowest and highest value. */
import type { MetricSeries } from '../../../app/contract/jobs.ts';
import type { MetricPoint } from './metric-buffer.ts';

/** Of this series no peak may get lost. */
const SPIKY = 'loss';

export function pointsOf(series: readonly MetricSeries[]): MetricPoint[] {
  const rows = new Map<number, Record<string, number>>();
  const rowAt = (step: number) => {
    const row = rows.get(step) ?? {};
    rows.set(step, row);
    return row;
  };
  for (const { name, steps, values, low, high, points } of series)
    for (const [i, step] of steps.entries()) {
      const row = rowAt(step);
      if (name !== SPIKY || points <= steps.length || low[i] === high[i]) row[name] = values[i];
      else {
        // The stretch ends here and is longer than one step: the step before is its own.
        Object.assign(rowAt(step - 1), { [name]: low[i], [`${name}Mean`]: values[i] });
        Object.assign(row, { [name]: high[i], [`${name}Mean`]: values[i] });
      }
    }
  return [...rows].sort(([a], [b]) => a - b).map(([step, values]) => ({ step, time: 0, values }));
}
