/**
 * Everything that one job tells while it runs, gathered outside of React and handed on a few times a second: the page draws
 * at its own pace however fast the engine speaks.
 */
import type { JobEvent, JobSummary } from '../../../app/contract/jobs.ts';
import { engine } from '../../client/client.ts';
import { MetricBuffer } from './metric-buffer.ts';
import { pointsOf } from './metric-history.ts';

export type LogLine = Extract<JobEvent, { kind: 'log' }>['lines'][number];
export type Sample = Extract<JobEvent, { kind: 'sample' }>['sample'];

export interface FeedSnapshot {
  readonly job?: JobSummary;
  readonly rows: MetricBuffer['rows'];
  readonly log: readonly LogLine[];
  readonly logTotal: number;
  readonly samples: readonly Sample[];
  /** The watching broke off and is being tried again. */
  readonly lost: boolean;
}

/** Four pictures a second are enough for the eye, and leave the page its 60 frames. */
const PACE_MS = 250;
const LOG_LINES = 2000;
const AGAIN_MS = 1000;
/** Points asked for at the start; what follows comes one by one. */
const HISTORY = 2000;

export class JobFeed {
  readonly id: string;
  #buffer = new MetricBuffer();
  #snapshot: FeedSnapshot = { rows: [], log: [], logTotal: 0, samples: [], lost: false };
  #draft: { -readonly [K in keyof FeedSnapshot]: FeedSnapshot[K] } = { ...this.#snapshot };
  #listeners = new Set<() => void>();
  #timer: number | undefined;
  #abort: AbortController | undefined;

  constructor(id: string) {
    this.id = id;
  }

  readonly snapshot = (): FeedSnapshot => this.#snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) void this.#follow();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#abort?.abort();
      window.clearTimeout(this.#timer);
      this.#timer = undefined;
    };
  };

  async #follow(): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    const { signal } = abort;
    while (!signal.aborted) {
      try {
        await this.#history(signal);
        for await (const event of await engine.jobs.watch({ id: this.id }, { signal })) this.#take(event);
        // It ended: what the last events did not carry is read once more.
        await this.#history(signal);
        return;
      } catch {
        if (signal.aborted) return;
        this.#change({ lost: true });
        await new Promise((resolve) => window.setTimeout(resolve, AGAIN_MS));
      }
    }
  }

  async #history(signal: AbortSignal): Promise<void> {
    const { id } = this;
    const [series, log, samples] = await Promise.all([
      engine.jobs.metrics({ id, maxPoints: HISTORY }, { signal }),
      engine.jobs.log({ id, limit: LOG_LINES }, { signal }),
      engine.jobs.samples({ id }, { signal }),
    ]);
    this.#buffer = new MetricBuffer();
    this.#buffer.append(pointsOf(series));
    this.#change({ log: log.lines, logTotal: log.total, samples, lost: false });
  }

  #take(event: JobEvent): void {
    switch (event.kind) {
      case 'job':
        this.#change({ job: event.job, lost: false });
        break;
      case 'progress': {
        const { job } = this.#draft;
        if (job) this.#change({ job: { ...job, progress: event.progress, step: event.step } });
        break;
      }
      case 'metrics': {
        const time = Date.now();
        this.#buffer.append(event.points.map(({ step, values }) => ({ step, time, values })));
        this.#change({});
        break;
      }
      case 'log': {
        const newest = this.#draft.log.at(-1)?.number ?? -1;
        const fresh = event.lines.filter(({ number }) => number > newest);
        if (fresh.length > 0)
          this.#change({
            log: [...this.#draft.log, ...fresh].slice(-LOG_LINES),
            logTotal: Math.max(this.#draft.logTotal, fresh[fresh.length - 1].number + 1),
          });
        break;
      }
      case 'sample': {
        const { sample } = event;
        const known = this.#draft.samples.some((s) => s.at === sample.at && s.prompt === sample.prompt);
        if (!known) this.#change({ samples: [...this.#draft.samples, sample] });
        break;
      }
    }
  }

  #change(part: Partial<FeedSnapshot>): void {
    Object.assign(this.#draft, part);
    this.#timer ??= window.setTimeout(() => {
      this.#timer = undefined;
      this.#snapshot = { ...this.#draft, rows: [...this.#buffer.rows] };
      for (const listener of this.#listeners) listener();
    }, PACE_MS);
  }
}
