/** The queue: starts jobs in order in worker processes, and pauses, resumes, cancels and moves them. */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import type { JobSummary, StepReport } from '../contract/jobs.ts';
import type { Store } from '../store/index.ts';
import type { JobRecord, JobTask } from '../store/jobs.ts';
import { changeAtEnd } from './ending.ts';
import type { EngineEvents } from './events.ts';
import { KeptJobs } from './kept-jobs.ts';
import { startable } from './order.ts';
import { JobReports, type Results } from './reports.ts';
import { startWorker, type WorkerEnd, type WorkerHandle } from './worker-process.ts';

export interface QueueOptions extends Results {
  readonly store: Store;
  readonly events: EngineEvents;
  readonly home: string;
  /** Asked whenever a job could start. */
  settings(): { readonly concurrentJobs: number; readonly threads?: number; readonly exportsFolder: string };
  /** Environment of workers: the hub's token, offline. */
  environment(): Promise<Readonly<Record<string, string>>>;
}

export interface NewJob {
  readonly title: string;
  readonly task: JobTask;
  readonly model?: string;
  readonly datasetId?: string;
}

/** Longer than writing the checkpoint of the largest model takes. */
const PAUSE_GRACE_MS = 120_000;
const CANCEL_GRACE_MS = 5_000;

const ENDED = ['done', 'failed', 'cancelled'];

export class JobQueue {
  readonly #options: QueueOptions;
  readonly #workers = new Map<string, WorkerHandle>();
  /** Until everything about the end of a running job is written down. */
  readonly #ends = new Map<string, Promise<void>>();
  readonly #kept: KeptJobs;
  readonly #reports: JobReports;
  #closed = false;

  /** Jobs that ran when the engine last ended show as interrupted. */
  constructor(options: QueueOptions) {
    this.#options = options;
    const { store, events } = options;
    this.#kept = new KeptJobs(store, events);
    this.#reports = new JobReports(this.#kept, store, events, options);
    for (const job of store.jobs.inState('running')) {
      const workedSeconds = job.workedSeconds;
      this.#jobs.update(job.id, { state: 'interrupted', stopping: undefined, runningSince: undefined, workedSeconds });
      this.#jobs.log(
        job.id,
        'info',
        'The engine ended while this job ran. Resume goes on from the last checkpoint.',
        Date.now(),
      );
    }
  }

  get #jobs() {
    return this.#options.store.jobs;
  }

  /** @throws UserError job/not-found */
  readonly get = (id: string): JobRecord => this.#kept.get(id);
  readonly summary = (job: JobRecord): JobSummary => this.#kept.summary(job);

  /** Jobs that are being worked on now. */
  running(): { readonly id: string; readonly title: string }[] {
    return this.#jobs.inState('running').map(({ id, title }) => ({ id, title }));
  }

  add({ title, task, model, datasetId }: NewJob): JobRecord {
    const steps: StepReport[] =
      task.kind === 'recipe'
        ? task.steps.map(({ name, options }) => ({ name, options: { ...options }, state: 'waiting' }))
        : [{ name: 'import', options: {}, state: 'waiting' }];
    const id = randomUUID();
    const job = {
      id,
      title,
      task,
      steps,
      model,
      datasetId,
      state: 'queued',
      step: 0,
      resume: false,
      workedSeconds: 0,
    } as const;
    this.#jobs.add({ ...job, place: this.#lastPlace() + 1, createdAt: Date.now() });
    this.#kept.changed(id);
    this.#startNext();
    return this.get(id);
  }

  pause(id: string): void {
    const job = this.get(id);
    if (job.state === 'queued') this.#kept.set(id, { state: 'paused' });
    else if (job.state === 'running') this.#stop(job, 'pause', PAUSE_GRACE_MS);
    else throw notNow(job, 'paused');
  }

  async cancel(id: string): Promise<void> {
    const job = this.get(id);
    if (ENDED.includes(job.state)) throw notNow(job, 'cancelled');
    if (job.state === 'running') {
      this.#stop(job, 'cancel', CANCEL_GRACE_MS);
    } else {
      this.#kept.set(id, { state: 'cancelled', finishedAt: Date.now() });
      await this.#removeWork(id);
    }
  }

  /** Back to the head of the queue; the step that was interrupted goes on from its checkpoint. */
  resume(id: string): void {
    const job = this.get(id);
    if (!['paused', 'interrupted', 'failed'].includes(job.state)) throw notNow(job, 'resumed');
    const place = Math.min(0, ...this.#jobs.inState('queued').map((queued) => queued.place)) - 1;
    const resume = job.startedAt !== undefined;
    this.#kept.set(id, { state: 'queued', place, resume, failure: undefined, finishedAt: undefined });
    this.#startNext();
  }

  /** The same again from the start, as a new job. */
  retry(id: string): JobRecord {
    const job = this.get(id);
    if (!ENDED.includes(job.state) && job.state !== 'interrupted') throw notNow(job, 'started again');
    return this.add(job);
  }

  /** @param position among the queued jobs, from 0 */
  move(id: string, position: number): void {
    const job = this.get(id);
    if (job.state !== 'queued') throw notNow(job, 'moved');
    const others = this.#jobs.inState('queued').filter((queued) => queued.id !== id);
    others.splice(position, 0, job);
    this.#options.store.db.transaction(() => {
      others.forEach((queued, i) => {
        this.#jobs.update(queued.id, { place: i });
      });
    })();
    this.#options.events.change({ kind: 'jobs' });
  }

  async remove(id: string): Promise<void> {
    const job = this.get(id);
    if (job.state === 'running') throw notNow(job, 'removed');
    this.#jobs.remove(id);
    this.#options.store.metrics.forget(id);
    this.#options.events.change({ kind: 'jobs', id });
    await this.#removeWork(id);
  }

  /** Starts what waits, now that somebody listens. */
  begin(): void {
    this.#startNext();
  }

  /** Pauses everything, its checkpoints written, and starts nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    const ends = [...this.#ends.values()];
    for (const id of this.#workers.keys()) this.#stop(this.get(id), 'pause', PAUSE_GRACE_MS);
    await Promise.all(ends);
  }

  readonly workFolder = (id: string): string => join(this.#options.home, 'jobs', id);

  #lastPlace(): number {
    return Math.max(0, ...this.#jobs.inState('queued').map(({ place }) => place));
  }

  #stop(job: JobRecord, how: 'pause' | 'cancel', graceMs: number): void {
    if (job.stopping === 'cancel') return;
    this.#kept.set(job.id, { stopping: how });
    this.#workers.get(job.id)?.stop(graceMs);
  }

  #startNext(): void {
    if (this.#closed) return;
    const { concurrentJobs } = this.#options.settings();
    const [queued, running] = [this.#jobs.inState('queued'), this.#jobs.inState('running')];
    for (const job of startable(queued, running, concurrentJobs)) this.#start(job);
  }

  #start(job: JobRecord): void {
    const now = Date.now();
    this.#kept.set(job.id, {
      state: 'running',
      runningSince: now,
      startedAt: job.startedAt ?? now,
      stopping: undefined,
    });
    const { threads, exportsFolder } = this.#options.settings();
    const { home, environment } = this.#options;
    const worker = startWorker(
      {
        kind: 'start',
        task: job.task,
        home,
        work: this.workFolder(job.id),
        exportsFolder,
        threads,
        step: job.step,
        model: job.currentModel,
        resume: job.resume,
      },
      environment(),
      (message) => this.#reports.take(job.id, message),
    );
    this.#workers.set(job.id, worker);
    const over = worker.ended.then((end) => this.#ended(job.id, end)).finally(() => this.#ends.delete(job.id));
    this.#ends.set(job.id, over);
  }

  async #ended(id: string, end: WorkerEnd): Promise<void> {
    await this.#reports.settled(id);
    this.#workers.delete(id);
    const change = changeAtEnd(this.get(id), end);
    if (change.state === 'cancelled') await this.#removeWork(id);
    const { failure } = change;
    if (failure) this.#kept.log(id, 'error', failure.report ?? `${failure.message} [${failure.code}]`);
    this.#kept.set(id, change);
    this.#startNext();
  }

  async #removeWork(id: string): Promise<void> {
    await rm(this.workFolder(id), { recursive: true, force: true });
  }
}

const notNow = ({ state, title }: JobRecord, what: string): UserError =>
  new UserError('job/not-now', `"${title}" is ${state} and cannot be ${what}`);
