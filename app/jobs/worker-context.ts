/** What a command is given to run in a worker: progress, metrics and words go to the engine, in batches. */
import type { CommandContext } from '../cli/command.ts';
import type { Progress } from '../cli/progress.ts';
import type { JobProgress } from '../contract/jobs.ts';
import type { MetricPoint } from '../store/metrics.ts';
import type { FromWorker } from './messages.ts';

/** Ten times a second is as often as anybody can look. */
const BATCH_MS = 100;

export interface WorkerReports {
  readonly context: CommandContext;
  /** Which training of the job this is: the series of later ones get names of their own. */
  beginStep(step: number): void;
  /** Sends what waits. */
  flush(): void;
}

export function workerContext(
  send: (message: FromWorker) => void,
  settings: Pick<CommandContext, 'home' | 'threads' | 'signal'>,
): WorkerReports {
  let points: MetricPoint[] = [];
  let progress: JobProgress | undefined;
  let timer: NodeJS.Timeout | undefined;
  let step = 0;
  let trained: number | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (progress) send({ kind: 'progress', progress });
    if (points.length > 0) send({ kind: 'metrics', points });
    progress = undefined;
    points = [];
  };
  const soon = (): void => {
    timer ??= setTimeout(flush, BATCH_MS);
  };
  const report = (label: string, total: number, unit: string): Progress => {
    const begin = performance.now();
    let first: number | undefined;
    return {
      update(done, note) {
        // After a resume the first update says what was done before: it took no time here.
        first ??= done;
        const rate = (done - first) / (performance.now() - begin);
        const secondsLeft = rate > 0 ? (total - done) / rate / 1000 : undefined;
        progress = { label, done, total, unit, note: note || undefined, secondsLeft };
        soon();
      },
      end: flush,
    };
  };
  return {
    beginStep(index) {
      step = index;
    },
    flush,
    context: {
      ...settings,
      progress: (label, total, unit = 'steps') => {
        progress = { label, done: 0, total, unit };
        soon();
        return report(label, total, unit);
      },
      metric({ step: at, ...values }) {
        trained ??= step;
        const named = trained === step ? values : rename(values, ` (step ${step + 1})`);
        // Steps of an earlier run come without a speed: their memory was another process's.
        const memory: Record<string, number> =
          'tokensPerSecond' in values ? { memoryBytes: process.memoryUsage.rss() } : {};
        points.push({ step: at, values: { ...named, ...memory } });
        soon();
      },
      say: (text) => send({ kind: 'log', level: 'info', text }),
      warn: (text) => send({ kind: 'log', level: 'warn', text }),
    },
  };
}

const rename = (values: Readonly<Record<string, number>>, suffix: string): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${name}${suffix}`, value]));
