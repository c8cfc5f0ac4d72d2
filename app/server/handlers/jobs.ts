/** Jobs. */
import { UserError } from '../../contract/errors.ts';
import type { JobEvent } from '../../contract/jobs.ts';
import { detailOf } from '../../jobs/summary.ts';
import { guarded, os } from '../base.ts';
import type { Engine } from '../composition.ts';
import { demoRecipe } from '../demo.ts';
import { taskOf, titleOf, yamlFrom } from '../plans.ts';

const summary = ({ queue }: Engine, id: string) => queue.summary(queue.get(id));

const ENDED = ['done', 'failed', 'cancelled'];

async function* watch({ queue, events }: Engine, id: string, signal?: AbortSignal): AsyncGenerator<JobEvent, void> {
  // Listening begins before the job is read, so that nothing falls between.
  const source = events.jobEvents(id, signal);
  const job = queue.summary(queue.get(id));
  yield { kind: 'job', job };
  if (ENDED.includes(job.state)) return void (await source.return?.());
  for await (const event of source) {
    yield event;
    if (event.kind === 'job' && ENDED.includes(event.job.state)) return;
  }
}

export const jobs = os.jobs.router({
  list: os.jobs.list.handler(({ input, context: { engine } }) => {
    const { total, items } = engine.store.jobs.list(input);
    return { total, items: items.map((job) => engine.queue.summary(job)), counts: engine.store.jobs.counts() };
  }),
  get: os.jobs.get.handler(({ input: { id }, context: { engine } }) => {
    const job = engine.queue.get(id);
    return detailOf(job, engine.queue.summary(job), engine.store.metrics.names(id));
  }),
  start: os.jobs.start.handler(async ({ input, context: { engine } }) => {
    const { plan, prompts, draftId } = input;
    const task = taskOf(engine, yamlFrom(engine, plan, input.yaml), plan?.datasetId, prompts);
    const title = input.title ?? titleOf(task);
    const job = engine.queue.add({ title, task, model: plan?.modelId ?? task.model, datasetId: plan?.datasetId });
    if (draftId) {
      engine.store.drafts.remove(draftId);
      engine.events.change({ kind: 'drafts', id: draftId });
    }
    return engine.queue.summary(job);
  }),
  startDemo: os.jobs.startDemo.handler(async ({ context: { engine } }) => {
    const model = await engine.models.importEmbedded('starter');
    const { yaml, prompts, data } = await demoRecipe(model);
    const { id: datasetId } = await engine.datasets.add(data, 'House plants');
    const task = taskOf(engine, yaml, datasetId, prompts);
    return engine.queue.summary(engine.queue.add({ title: 'Starter demo', task, model, datasetId }));
  }),
  pause: os.jobs.pause.handler(({ input: { id }, context: { engine } }) => {
    engine.queue.pause(id);
    return summary(engine, id);
  }),
  resume: os.jobs.resume.handler(({ input: { id }, context: { engine } }) => {
    engine.queue.resume(id);
    return summary(engine, id);
  }),
  cancel: os.jobs.cancel.handler(async ({ input: { id }, context: { engine } }) => {
    await engine.queue.cancel(id);
    return summary(engine, id);
  }),
  retry: os.jobs.retry.handler(({ input: { id }, context: { engine } }) =>
    engine.queue.summary(engine.queue.retry(id)),
  ),
  move: os.jobs.move.handler(({ input: { id, position }, context: { engine } }) => {
    engine.queue.move(id, position);
    return summary(engine, id);
  }),
  remove: os.jobs.remove.handler(async ({ input: { id }, context: { engine } }) => {
    await engine.queue.remove(id);
    return {};
  }),
  metrics: os.jobs.metrics.handler(({ input: { id, ...query }, context: { engine } }) => {
    engine.queue.get(id);
    return engine.store.metrics.read(id, query);
  }),
  log: os.jobs.log.handler(({ input: { id, after, limit }, context: { engine } }) =>
    engine.store.jobs.lines(engine.queue.get(id).id, after, limit),
  ),
  samples: os.jobs.samples.handler(({ input: { id }, context: { engine } }) =>
    engine.store.jobs.samples(engine.queue.get(id).id),
  ),
  watch: os.jobs.watch.handler(({ input: { id }, context: { engine }, signal }) => {
    if (!engine.store.jobs.get(id)) throw new UserError('job/not-found', `there is no job ${id}`);
    return guarded(watch(engine, id, signal), signal);
  }),
});
