/** Exact values of one step. */
import { exactNumber } from '../../../format/number.ts';
import type { ChartRow } from '../metric-buffer.ts';
import styles from './step-tooltip.module.css';

interface Props {
  readonly active?: boolean;
  readonly payload?: readonly { readonly payload?: ChartRow & { readonly expected?: number } }[];
}

const NAMES: readonly (readonly [string, string, (value: number) => string])[] = [
  ['loss', 'train', (value) => value.toFixed(4)],
  ['lossSmooth', 'smoothed', (value) => value.toFixed(4)],
  ['evalLoss', 'held-out', (value) => value.toFixed(4)],
  ['expected', 'expected', (value) => value.toFixed(3)],
  ['learningRate', 'learning rate', (value) => value.toPrecision(4)],
  ['gradientNorm', 'gradient norm', (value) => value.toFixed(3)],
  ['tokensPerSecond', 'tokens/s', (value) => value.toFixed(1)],
  ['memoryBytes', 'memory, MB', (value) => (value / 1e6).toFixed(1)],
];

export function StepTooltip({ active, payload }: Props) {
  const row = payload?.[0]?.payload;
  if (!active || row === undefined) return null;
  return (
    <div className={styles.tooltip}>
      <b>Step {exactNumber(Math.round(row.step))}</b>
      {NAMES.map(([key, name, format]) =>
        row[key] === undefined ? null : (
          <div key={key} className={styles.line}>
            <span>{name}</span>
            <span className={styles.value}>{format(row[key])}</span>
          </div>
        ),
      )}
    </div>
  );
}
