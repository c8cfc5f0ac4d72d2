/** What a running worker reports, written down and told on: progress, metrics, words, answers, and the ends of steps. */
import type { StepReport } from '../contract/jobs.ts';
import type { Measurements } from '../contract/measurements.ts';
import type { Store } from '../store/index.ts';
import type { EngineEvents } from './events.ts';
import type { KeptJobs } from './kept-jobs.ts';
import type { ExportedResult, FromWorker } from './messages.ts';

export interface Results {
  /** A model of the library was made or measured. */
  onModel(
    id: string,
    report: { readonly jobId: string; readonly measured?: Measurements; readonly evaluatedOn?: string },
  ): Promise<void>;
  /** @returns the id under which the export is kept */
  onExport(result: ExportedResult, jobId: string): string;
}

export class JobReports {
  readonly #jobs: KeptJobs;
  readonly #store: Store;
  readonly #events: EngineEvents;
  readonly #results: Results;
  /** What the library still does with the results of jobs. */
  readonly #settling = new Map<string, Promise<void>>();

  constructor(jobs: KeptJobs, store: Store, events: EngineEvents, results: Results) {
    this.#jobs = jobs;
    this.#store = store;
    this.#events = events;
    this.#results = results;
  }

  take(id: string, message: FromWorker): void {
    switch (message.kind) {
      case 'progress':
        this.#store.jobs.update(id, { progress: message.progress });
        this.#events.job(id, { kind: 'progress', progress: message.progress, step: this.#jobs.get(id).step });
        break;
      case 'metrics':
        this.#store.metrics.add(id, message.points);
        this.#events.job(id, {
          kind: 'metrics',
          points: message.points.map(({ step, values }) => ({ step, values: { ...values } })),
        });
        break;
      case 'log':
        this.#jobs.log(id, message.level, message.text);
        break;
      case 'sample':
        this.#store.jobs.addSample(id, message.sample);
        this.#events.job(id, { kind: 'sample', sample: message.sample });
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

  /** Once the library knows all that the job made: whoever hears that it is done may ask for its models at once. */
  async settled(id: string): Promise<void> {
    await this.#settling.get(id);
    this.#settling.delete(id);
  }

  #changeStep(id: string, index: number, change: Partial<StepReport>): StepReport {
    const steps = [...this.#jobs.get(id).steps];
    steps[index] = { ...steps[index], ...change };
    this.#jobs.set(id, { steps, step: index });
    return steps[index];
  }

  #endStep(id: string, { step, result, model, exported }: FromWorker & { kind: 'step-end' }): void {
    const { before, after } = result as Pick<StepReport, 'before' | 'after'>;
    const exportId = exported && this.#results.onExport(exported, id);
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
    const { task, currentModel, steps } = this.#jobs.get(id);
    const next = { step: Math.min(step + 1, steps.length), resume: false, progress: undefined };
    this.#jobs.set(id, { ...next, currentModel: model ?? currentModel });
    const evaluatedOn = task.kind === 'recipe' ? (task.evaluate ?? task.dataset) : undefined;
    const subject =
      model ?? (report.name === 'profile' && task.kind === 'recipe' ? (currentModel ?? task.model) : undefined);
    // What was measured before the step is the model's that it began with.
    if (before && task.kind === 'recipe') this.#settle(id, currentModel ?? task.model, before, evaluatedOn);
    if (subject) this.#settle(id, subject, after ?? profiled(report), evaluatedOn);
  }

  /** One after the other; a model that cannot be looked at fails when somebody opens it. */
  #settle(jobId: string, model: string, measured: Measurements | undefined, evaluatedOn: string | undefined): void {
    const before = this.#settling.get(jobId) ?? Promise.resolve();
    const work = () => this.#results.onModel(model, { jobId, measured, evaluatedOn });
    this.#settling.set(
      jobId,
      before.then(work).catch(() => undefined),
    );
  }
}

/** Of a profile's document only what was measured. */
function profiled({ name, result }: StepReport): Measurements | undefined {
  if (name !== 'profile') return undefined;
  const { operators: _, ...measured } = result ?? {};
  return measured as Measurements;
}
