/** Data sets. */

import { fileURLToPath } from 'node:url';
import { UserError } from '../../contract/errors.ts';
import { datasetSummary } from '../../library/dataset-registry.ts';
import { os } from '../base.ts';
import { dependentsOf } from '../dependents.ts';

const SAMPLE = fileURLToPath(new URL('../../../resources/data/intents.jsonl', import.meta.url));

export const datasets = os.datasets.router({
  list: os.datasets.list.handler(({ input, context: { engine } }) => {
    const { total, items } = engine.store.datasets.list(input);
    return { total, items: items.map(datasetSummary) };
  }),
  add: os.datasets.add.handler(async ({ input: { paths, name }, context: { engine } }) => {
    const items = [];
    for (const path of paths) items.push(datasetSummary(await engine.datasets.add(path, name)));
    return { items };
  }),
  addSample: os.datasets.addSample.handler(async ({ context: { engine } }) =>
    datasetSummary(await engine.datasets.add(SAMPLE, 'Smart-home intents')),
  ),
  get: os.datasets.get.handler(({ input, context: { engine } }) => engine.datasets.detail(input.id)),
  rename: os.datasets.rename.handler(({ input: { id, name }, context: { engine } }) =>
    datasetSummary(engine.datasets.change(id, { name })),
  ),
  preview: os.datasets.preview.handler(async ({ input: { id, offset, limit }, context: { engine } }) => {
    const { path, columns, rows: known } = engine.datasets.get(id);
    const page = await engine.tools.call('preview', { path, offset, limit });
    if (!page.indexing && known !== page.total) engine.datasets.change(id, { rows: page.total });
    return { ...page, columns: [...columns] };
  }),
  row: os.datasets.row.handler(async ({ input: { id, index }, context: { engine } }) => {
    const { path } = engine.datasets.get(id);
    const row = await engine.tools.call('row', { path, index });
    if (!row) throw new UserError('arguments/invalid', `there is no row ${index}`);
    return row;
  }),
  check: os.datasets.check.handler(async ({ input: { id, modelId, maxLength }, context: { engine } }) => {
    const { path } = engine.datasets.get(id);
    const model = modelId === undefined ? undefined : engine.models.get(modelId).path;
    const hash = model && (await engine.tools.call('tokenizerHash', { path: model }));
    const state = await engine.tools.call('datasetState', { path });
    return engine.datasets.check(id, model && hash ? { path: model, hash } : undefined, state, maxLength);
  }),
  labels: os.datasets.labels.handler(async ({ input: { id, ...columns }, context: { engine } }) => {
    const facts = await engine.tools.call('labels', { path: engine.datasets.get(id).path, ...columns });
    const { numbers, classes, leftOut } = facts;
    return {
      ...facts,
      columns: facts.columns.map(({ examples, ...column }) => ({ ...column, examples: [...examples] })),
      classes: [...classes],
      leftOut: [...leftOut],
      numbers: numbers && { ...numbers, counts: [...numbers.counts] },
    };
  }),
  setMapping: os.datasets.setMapping.handler(async ({ input: { id, format, mapping }, context: { engine } }) => {
    await engine.datasets.setMapping(id, format, mapping);
    return engine.datasets.detail(id);
  }),
  setSplit: os.datasets.setSplit.handler(({ input: { id, heldOut, seed }, context: { engine } }) => {
    engine.datasets.change(id, { split: { heldOut, seed } });
    return engine.datasets.detail(id);
  }),
  dependents: os.datasets.dependents.handler(({ input, context: { engine } }) =>
    dependentsOf(engine, { datasetId: engine.datasets.get(input.id).id }),
  ),
  remove: os.datasets.remove.handler(async ({ input: { id }, context: { engine } }) => {
    const trashId = await engine.trash.put('dataset', id, engine.datasets.get(id).name);
    engine.events.change({ kind: 'datasets', id });
    return { trashId };
  }),
});
