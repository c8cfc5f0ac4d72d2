/** The numbers of a running job in one row: where it is, how long still, how well it learns. */
import type { JobSummary } from '../../../../app/contract/jobs.ts';
import { shortNumber } from '../../../format/number.ts';
import { duration } from '../../../format/time.ts';
import { Icon } from '../../../ui/icon.tsx';
import { Meter } from '../../../ui/meter.tsx';
import { remaining } from '../eta.ts';
import type { FeedSnapshot } from '../job-feed.ts';
import { shareDone } from '../job-progress.ts';
import type { ChartRow } from '../metric-buffer.ts';
import styles from './stats.module.css';

interface Props {
  readonly job: JobSummary;
  readonly feed: FeedSnapshot;
  /** What the loss is counted in. */
  readonly unit: string;
}

/** Steps back that the trend of the loss is told over. */
const TREND = 50;

export function Stats({ job, feed, unit }: Props) {
  const { rows } = feed;
  const last = rows.at(-1);
  const { progress } = job;
  const left = timeLeft(job, rows);
  return (
    <div className={styles.stats} aria-label="Progress" role="group">
      <div>
        <div className={styles.name}>{progress?.label ?? 'Progress'}</div>
        <div className={styles.value}>
          {progress === undefined ? '–' : shortCount(progress.done)}
          {progress !== undefined && (
            <small>{progress.unit === '%' ? ' %' : ` of ${shortCount(progress.total)} ${progress.unit}`}</small>
          )}
        </div>
        <Meter share={shareDone(job)} label="Share done" tone="progress" />
      </div>
      <div>
        <div className={styles.name}>Time left</div>
        <div className={styles.value}>{left === undefined ? '–' : duration(left.mid)}</div>
        <div className={styles.note}>{left === undefined ? waiting(job) : endsAbout(left)}</div>
      </div>
      {last?.loss !== undefined && (
        <div>
          <div className={styles.name}>Loss</div>
          <div className={styles.value}>{(last.lossSmooth ?? last.loss).toFixed(2)}</div>
          <Trend rows={rows} unit={unit} />
        </div>
      )}
      {last?.gradientNorm !== undefined && (
        <div>
          <div className={styles.name}>Gradient norm</div>
          <div className={styles.value}>{shortNumber(last.gradientNorm)}</div>
          <div className={styles.note}>{steadiness(rows)}</div>
        </div>
      )}
      {last?.learningRate !== undefined && (
        <div>
          <div className={styles.name}>Learning rate</div>
          <div className={styles.value}>
            {last.learningRate < 1e-3 ? last.learningRate.toExponential(2) : last.learningRate.toPrecision(3)}
          </div>
          <div className={styles.note}>{direction(rows, 'learningRate')}</div>
        </div>
      )}
      {last?.tokensPerSecond !== undefined && (
        <div>
          <div className={styles.name}>Speed</div>
          <div className={styles.value}>
            {shortNumber(last.tokensPerSecond)}
            <small> tokens/s</small>
          </div>
          <div className={styles.note}>
            {last.memoryBytes === undefined ? '' : `${shortNumber(last.memoryBytes / 1e6)} MB of memory`}
          </div>
        </div>
      )}
    </div>
  );
}

const shortCount = (value: number): string => Math.floor(value).toLocaleString('en-US');

interface Left {
  /** Seconds. */
  readonly mid: number;
  readonly spread: number;
}

/** By the pace that this page saw; before that, what the engine thinks. */
function timeLeft({ state, progress }: JobSummary, rows: readonly ChartRow[]): Left | undefined {
  if (state !== 'running' || progress === undefined) return undefined;
  const steps = progress.unit === 'steps' ? remaining(rows, progress.total) : undefined;
  if (steps !== undefined) return { mid: steps.mid / 1000, spread: (steps.high - steps.low) / 2000 };
  return progress.secondsLeft === undefined ? undefined : { mid: progress.secondsLeft, spread: 0 };
}

const waiting = ({ state }: JobSummary): string =>
  state === 'queued' ? 'waits for its turn' : state === 'running' ? 'known after a few steps' : 'stopped';

function endsAbout({ mid, spread }: Left): string {
  const end = new Date(Date.now() + mid * 1000).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  return `ends about ${end}${spread >= 1 ? `, ± ${duration(Math.round(spread))}` : ''}`;
}

function Trend({ rows, unit }: { readonly rows: readonly ChartRow[]; readonly unit: string }) {
  const last = rows.at(-1);
  const from = rows.find(({ step }) => step >= (last?.step ?? 0) - TREND);
  if (last?.lossSmooth === undefined || from?.lossSmooth === undefined || from === last)
    return <div className={styles.note}>{unit}</div>;
  const change = last.lossSmooth - from.lossSmooth;
  return (
    <div className={styles.note}>
      <Icon name={change <= 0 ? 'down' : 'up'} size={12} title={change <= 0 ? 'falling' : 'rising'} />
      {Math.abs(change).toFixed(2)} in {last.step - from.step} steps
    </div>
  );
}

function steadiness(rows: readonly ChartRow[]): string {
  const recent = rows.slice(-50).flatMap(({ gradientNorm }) => (gradientNorm === undefined ? [] : [gradientNorm]));
  if (recent.length < 5) return '';
  const sorted = [...recent].sort((a, b) => a - b);
  return recent[recent.length - 1] > 4 * sorted[sorted.length >> 1] ? 'a spike' : 'steady';
}

function direction(rows: readonly ChartRow[], key: string): string {
  const [from, to] = [rows.at(-10)?.[key], rows.at(-1)?.[key]];
  if (from === undefined || to === undefined || from === to) return '';
  return to > from ? 'rising, warm-up' : 'falling';
}
