/** Jobs as they are kept, every change of which is told to whoever listens. */
import { UserError } from '../contract/errors.ts';
import type { JobSummary } from '../contract/jobs.ts';
import type { Store } from '../store/index.ts';
import type { JobRecord } from '../store/jobs.ts';
import type { EngineEvents } from './events.ts';
import { summaryOf } from './summary.ts';

export class KeptJobs {
  readonly #store: Store;
  readonly #events: EngineEvents;

  constructor(store: Store, events: EngineEvents) {
    this.#store = store;
    this.#events = events;
  }

  /** @throws UserError job/not-found */
  get(id: string): JobRecord {
    const job = this.#store.jobs.get(id);
    if (!job) throw new UserError('job/not-found', `there is no job ${id}`);
    return job;
  }

  summary(job: JobRecord): JobSummary {
    const queued = job.state === 'queued' ? this.#store.jobs.inState('queued') : [];
    const position = queued.findIndex(({ id }) => id === job.id);
    return summaryOf(job, this.#store.exports.ofJob(job.id), position < 0 ? undefined : position);
  }

  set(id: string, change: Partial<JobRecord>): void {
    this.#store.jobs.update(id, change);
    this.changed(id);
  }

  changed(id: string): void {
    this.#events.job(id, { kind: 'job', job: this.summary(this.get(id)) });
    this.#events.change({ kind: 'job', id });
  }

  log(id: string, level: 'info' | 'warn' | 'error', text: string): void {
    this.#events.job(id, { kind: 'log', lines: [this.#store.jobs.log(id, level, text, Date.now())] });
  }
}
