/** The library of models. */
import { findHubModels } from '../../library/hub.ts';
import { smallerModels } from '../../library/smaller-models.ts';
import { libraryPath } from '../../models/library.ts';
import { guarded, os } from '../base.ts';
import type { Engine } from '../composition.ts';
import { dependentsOf } from '../dependents.ts';
import { chatSideBySide } from '../side-by-side.ts';

/** Models of the library that are looked through for a cascade, the newest first. */
const MOST_LOOKED_AT = 1000;

/** @throws UserError library/not-found */
const pathOf = (engine: Engine, id: string): string => engine.models.get(id).path;

export const models = os.models.router({
  list: os.models.list.handler(async ({ input, context: { engine } }) => {
    await engine.models.syncSoon();
    return engine.store.models.list(input);
  }),
  get: os.models.get.handler(async ({ input: { id }, context: { engine } }) => {
    const summary = await engine.models.find(id);
    const measurements = engine.store.models.measurements(id).map(({ at, jobId, values }) => ({ at, jobId, values }));
    const detail = await engine.tools.call('modelDetail', { path: summary.path });
    return { ...summary, ...detail, measurements, children: engine.store.models.children(id) };
  }),
  lineage: os.models.lineage.handler(async ({ input: { id, limit }, context: { engine } }) => {
    await engine.models.syncSoon();
    const { total, nodes } = engine.store.models.graph(id, limit);
    const shown = new Set(nodes.map((node) => node.id));
    const edges = nodes.flatMap(({ id: to, parent, technique }) =>
      parent && shown.has(parent) ? [{ from: parent, to, technique: technique ?? '' }] : [],
    );
    return { total, nodes, edges };
  }),
  import: os.models.import.handler(async ({ input: { path, id }, context: { engine } }) => {
    const name = path.split(/[\\/]/).filter(Boolean).at(-1) ?? path;
    return { jobId: engine.queue.add({ title: `Import ${name}`, task: { kind: 'import', path, id } }).id };
  }),
  importEmbedded: os.models.importEmbedded.handler(async ({ input: { id }, context: { engine } }) => ({
    id: await engine.models.importEmbedded(id),
  })),
  hubSearch: os.models.hubSearch.handler(async ({ input, context: { engine }, signal }) =>
    findHubModels(input.query, input.limit, {
      environment: { ...process.env, ...(await engine.environment()) },
      memoryBytes: (await engine.hardware()).memory.totalBytes,
      diskBytes: await engine.diskFree(),
      signal,
    }),
  ),
  hubGet: os.models.hubGet.handler(({ input: { repo, revision }, context: { engine } }) => ({
    jobId: engine.queue.add({ title: `Download ${repo}`, task: { kind: 'download', repo, revision } }).id,
  })),
  layers: os.models.layers.handler(({ input, context: { engine } }) =>
    engine.tools.call('layers', { path: pathOf(engine, input.id) }),
  ),
  histogram: os.models.histogram.handler(({ input: { id, tensor, bars }, context: { engine } }) =>
    engine.tools.call('histogram', { path: pathOf(engine, id), tensor, bars }),
  ),
  smallerModels: os.models.smallerModels.handler(async ({ input: { id }, context: { engine } }) => {
    await engine.models.syncSoon();
    const { nodes } = engine.store.models.graph(undefined, MOST_LOOKED_AT);
    return smallerModels(engine.models.get(id), nodes);
  }),
  classify: os.models.classify.handler(({ input: { id, texts }, context: { engine } }) =>
    engine.tools.call('classify', { path: pathOf(engine, id), texts }),
  ),
  tag: os.models.tag.handler(({ input: { id, text }, context: { engine } }) =>
    engine.tools.call('tag', { path: pathOf(engine, id), text }),
  ),
  alike: os.models.alike.handler(({ input: { id, ...texts }, context: { engine } }) =>
    engine.tools.call('alike', { path: pathOf(engine, id), ...texts }),
  ),
  tokenize: os.models.tokenize.handler(async ({ input: { id, text, special }, context: { engine } }) => ({
    tokens: await engine.tools.call('tokenize', { path: pathOf(engine, id), text, special }),
    characters: [...text].length,
    bytes: Buffer.byteLength(text),
  })),
  card: os.models.card.handler(async ({ input, context: { engine } }) => ({
    markdown: await engine.tools.call('card', { path: pathOf(engine, input.id) }),
  })),
  rename: os.models.rename.handler(({ input: { id, name }, context: { engine } }) => {
    engine.models.get(id);
    engine.store.models.rename(id, name);
    engine.events.change({ kind: 'model', id });
    return engine.models.get(id);
  }),
  dependents: os.models.dependents.handler(({ input: { id }, context: { engine } }) =>
    dependentsOf(engine, { model: engine.models.get(id).id }),
  ),
  remove: os.models.remove.handler(async ({ input: { id }, context: { engine } }) => {
    const { name } = engine.models.get(id);
    engine.chats.unload(libraryPath(engine.home, id));
    const trashId = await engine.trash.put('model', id, name, libraryPath(engine.home, id));
    engine.models.forget(id);
    return { trashId };
  }),
  sideBySide: os.models.sideBySide.handler(({ input, context: { engine }, signal }) =>
    guarded(chatSideBySide(engine, input, signal), signal),
  ),
});
