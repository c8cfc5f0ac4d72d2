/** The queue: starts jobs in order in worker processes, keeps what they report, and says how each ended. */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import type { JobSummary, StepReport } from '../contract/jobs.ts';
import type { Measurements } from '../contract/measurements.ts';
import type { Failure } from '../contract/shared.ts';
import type { Store } from '../store/index.ts';
import type { JobRecord, JobTask } from '../store/jobs.ts';
import type { EngineEvents } from './events.ts';
import type { ExportedResult, FromWorker } from './messages.ts';
import { summaryOf } from './summary.ts';
import { startWorker, type WorkerEnd, type WorkerHandle } from './worker-process.ts';

export interface QueueOptions {
  readonly store: Store;
  readonly events: EngineEvents;
  readonly home: string;
  /** Asked whenever a job could start. */
  settings(): { readonly concurrentJobs: number; readonly threads?: number; readonly exportsFolder: string };
  /** Environment of workers: the hub's token, offline. */
  environment(): Promise<Readonly<Record<string, string>>>;
  /** A model of the library was made or measured. */
  onModel(
    id: string,
    report: { readonly jobId: string; readonly measured?: Measurements; readonly evaluatedOn?: string },
  ): Promise<void>;
  /** @returns the id under which the export is kept */
  onExport(result: ExportedResult, jobId: string): string;
}

export interface NewJob {
  readonly title: string;
  readonly task: JobTask;
  readonly model?: string;
  readonly datasetId?: string;
}

/** Imports and downloads need little memory: this many run beside the heavy jobs. */
const LIGHT_JOBS = 2;
/** Longer than writing the checkpoint of the largest model takes. */
const PAUSE_GRACE_MS = 120_000;
const CANCEL_GRACE_MS = 5_000;

const isHeavy = ({ task }: JobRecord): boolean => task.kind === 'recipe';
const ENDED = ['done', 'failed', 'cancelled'];

export class JobQueue {
  readonly #options: QueueOptions;
  readonly #workers = new Map<string, WorkerHandle>();
  /** Until everything about the end of a running job is written down. */
  readonly #ends = new Map<string, Promise<void>>();
  /** What the library still does with the results of jobs. */
  readonly #settling = new Map<string, Promise<void>>();
  #closed = false;

  /** Jobs that ran when the engine last ended show as interrupted. */
  constructor(options: QueueOptions) {
    this.#options = options;
    for (const job of options.store.jobs.inState('running')) {
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
  get(id: string): JobRecord {
    const job = this.#jobs.get(id);
    if (!job) throw new UserError('job/not-found', `there is no job ${id}`);
    return job;
  }

  summary(job: JobRecord): JobSummary {
    const queued = job.state === 'queued' ? this.#jobs.inState('queued') : [];
    const position = queued.findIndex(({ id }) => id === job.id);
    return summaryOf(job, this.#options.store.exports.ofJob(job.id), position < 0 ? undefined : position);
  }

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
    this.#changed(id);
    this.#startNext();
    return this.get(id);
  }

  pause(id: string): void {
    const job = this.get(id);
    if (job.state === 'queued') this.#set(id, { state: 'paused' });
    else if (job.state === 'running') this.#stop(job, 'pause', PAUSE_GRACE_MS);
    else throw notNow(job, 'paused');
  }

  async cancel(id: string): Promise<void> {
    const job = this.get(id);
    if (ENDED.includes(job.state)) throw notNow(job, 'cancelled');
    if (job.state === 'running') {
      this.#stop(job, 'cancel', CANCEL_GRACE_MS);
    } else {
      this.#set(id, { state: 'cancelled', finishedAt: Date.now() });
      await this.#removeWork(id);
    }
  }

  /** Back to the head of the queue; the step that was interrupted goes on from its checkpoint. */
  resume(id: string): void {
    const job = this.get(id);
    if (!['paused', 'interrupted', 'failed'].includes(job.state)) throw notNow(job, 'resumed');
    const place = Math.min(0, ...this.#jobs.inState('queued').map((queued) => queued.place)) - 1;
    const resume = job.startedAt !== undefined;
    this.#set(id, { state: 'queued', place, resume, failure: undefined, finishedAt: undefined });
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
    this.#set(job.id, { stopping: how });
    this.#workers.get(job.id)?.stop(graceMs);
  }

  #startNext(): void {
    if (this.#closed) return;
    const { concurrentJobs } = this.#options.settings();
    const running = this.#jobs.inState('running');
    let heavy = running.filter(isHeavy).length;
    let light = running.length - heavy;
    for (const job of this.#jobs.inState('queued')) {
      if (isHeavy(job) ? heavy >= concurrentJobs : light >= LIGHT_JOBS) continue;
      if (isHeavy(job)) heavy += 1;
      else light += 1;
      this.#start(job);
    }
  }

  #start(job: JobRecord): void {
    const now = Date.now();
    this.#set(job.id, { state: 'running', runningSince: now, startedAt: job.startedAt ?? now, stopping: undefined });
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
      (message) => this.#take(job.id, message),
    );
    this.#workers.set(job.id, worker);
    const over = worker.ended.then((end) => this.#ended(job.id, end)).finally(() => this.#ends.delete(job.id));
    this.#ends.set(job.id, over);
  }

  #take(id: string, message: FromWorker): void {
    const { events, store } = this.#options;
    switch (message.kind) {
      case 'progress':
        this.#jobs.update(id, { progress: message.progress });
        events.job(id, { kind: 'progress', progress: message.progress, step: this.get(id).step });
        break;
      case 'metrics':
        store.metrics.add(id, message.points);
        events.job(id, {
          kind: 'metrics',
          points: message.points.map(({ step, values }) => ({ step, values: { ...values } })),
        });
        break;
      case 'log':
        events.job(id, { kind: 'log', lines: [this.#jobs.log(id, message.level, message.text, Date.now())] });
        break;
      case 'sample':
        this.#jobs.addSample(id, message.sample);
        events.job(id, { kind: 'sample', sample: message.sample });
        break;
      case 'step-begin':
        this.#changeStep(id, message.step, { state: 'running', options: message.options, startedAt: Date.now() });
        break;
      case 'step-end':
        this.#endStep(id, message);
        break;
      default:
        // How it ended is dealt with once the process is gone.
        break;
    }
  }

  #changeStep(id: string, index: number, change: Partial<StepReport>): StepReport {
    const steps = [...this.get(id).steps];
    steps[index] = { ...steps[index], ...change };
    this.#set(id, { steps, step: index });
    return steps[index];
  }

  #endStep(id: string, { step, result, model, exported }: FromWorker & { kind: 'step-end' }): void {
    const { before, after } = result as Pick<StepReport, 'before' | 'after'>;
    const exportId = exported && this.#options.onExport(exported, id);
    const change = {
      state: 'done',
      finishedAt: Date.now(),
      result: { ...result },
      before,
      after,
      modelId: model,
      exportId,
    } as const;
    const report = this.#changeStep(id, step, change);
    // From here on a resume begins with the next step.
    const { task, currentModel } = this.get(id);
    const next = { step: Math.min(step + 1, this.get(id).steps.length), resume: false, progress: undefined };
    this.#set(id, { ...next, currentModel: model ?? currentModel });
    const evaluatedOn = task.kind === 'recipe' ? (task.evaluate ?? task.dataset) : undefined;
    const subject =
      model ?? (report.name === 'profile' && task.kind === 'recipe' ? (currentModel ?? task.model) : undefined);
    const { onModel } = this.#options;
    // What was measured before the step is the model's that it began with.
    if (before && task.kind === 'recipe')
      this.#settle(id, () => onModel(currentModel ?? task.model, { jobId: id, measured: before, evaluatedOn }));
    if (subject)
      this.#settle(id, () => onModel(subject, { jobId: id, measured: after ?? profiled(report), evaluatedOn }));
  }

  /** One after the other; a model that cannot be looked at fails when somebody opens it. */
  #settle(id: string, work: () => Promise<void>): void {
    const before = this.#settling.get(id) ?? Promise.resolve();
    this.#settling.set(
      id,
      before.then(work).catch(() => undefined),
    );
  }

  async #ended(id: string, end: WorkerEnd): Promise<void> {
    // Whoever hears that a job is done may ask for its models at once.
    await this.#settling.get(id);
    this.#settling.delete(id);
    this.#workers.delete(id);
    const job = this.get(id);
    const workedSeconds = job.workedSeconds + (Date.now() - (job.runningSince ?? Date.now())) / 1000;
    const over = { workedSeconds, runningSince: undefined, stopping: undefined };
    if (end.kind === 'done') {
      const peakMemory = Math.max(end.peakMemory, job.peakMemory ?? 0);
      this.#set(id, { ...over, state: 'done', finishedAt: Date.now(), peakMemory, progress: undefined, resume: false });
    } else if (job.stopping && end.kind !== 'failed') {
      const paused = job.stopping === 'pause';
      if (!paused) await this.#removeWork(id);
      this.#set(id, { ...over, state: paused ? 'paused' : 'cancelled', finishedAt: paused ? undefined : Date.now() });
    } else this.#fail(id, over, end.kind === 'failed' || end.kind === 'crashed' ? end.failure : undefined);
    this.#startNext();
  }

  #fail(id: string, over: Partial<JobRecord>, cause: Failure | undefined): void {
    const failure = cause ?? { code: 'job/crashed', message: 'the worker stopped by itself', hint: '' };
    const line = this.#jobs.log(id, 'error', failure.report ?? `${failure.message} [${failure.code}]`, Date.now());
    this.#options.events.job(id, { kind: 'log', lines: [line] });
    const { steps, step } = this.get(id);
    const failed = steps.map((s, i) => (i === step && s.state === 'running' ? { ...s, state: 'failed' as const } : s));
    this.#set(id, { ...over, steps: failed, state: 'failed', finishedAt: Date.now(), failure });
  }

  #set(id: string, change: Partial<JobRecord>): void {
    this.#jobs.update(id, change);
    this.#changed(id);
  }

  #changed(id: string): void {
    const { events } = this.#options;
    events.job(id, { kind: 'job', job: this.summary(this.get(id)) });
    events.change({ kind: 'job', id });
  }

  async #removeWork(id: string): Promise<void> {
    await rm(this.workFolder(id), { recursive: true, force: true });
  }
}

/** Of a profile's document only what was measured. */
function profiled({ name, result }: StepReport): Measurements | undefined {
  if (name !== 'profile') return undefined;
  const { operators: _, ...measured } = result ?? {};
  return measured as Measurements;
}

const notNow = ({ state, title }: JobRecord, what: string): UserError =>
  new UserError('job/not-now', `"${title}" is ${state} and cannot be ${what}`);
