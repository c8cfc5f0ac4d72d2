/** What depends on a model or data set: asked before it is removed. */
import type { z } from 'zod';
import type { dependents } from '../contract/models.ts';
import type { Engine } from './composition.ts';

const ACTIVE = ['queued', 'running', 'paused', 'interrupted'];

export function dependentsOf(
  { store }: Engine,
  subject: { readonly model?: string; readonly datasetId?: string },
): z.infer<typeof dependents> {
  const { model, datasetId } = subject;
  const wanted = model ?? datasetId!;
  return {
    models: model ? store.models.children(model) : [],
    jobs: store.jobs.using(subject).map(({ id, title, state }) => ({ id, title, active: ACTIVE.includes(state) })),
    exports: model ? store.exports.ofModel(model).map(({ id, name }) => ({ id, name })) : [],
    drafts: store.drafts
      .list()
      .filter(({ form }) => JSON.stringify(form).includes(JSON.stringify(wanted)))
      .map(({ id, title }) => ({ id, title })),
  };
}
