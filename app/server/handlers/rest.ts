/** Files, drafts, playground, comparison, exports and the trash. */
import { randomUUID } from 'node:crypto';
import { UserError } from '../../contract/errors.ts';
import type { ExportSummary } from '../../contract/exports.ts';
import { TARGETS } from '../../export/index.ts';
import type { ExportRecord } from '../../store/exports.ts';
import { guarded, os } from '../base.ts';
import type { Engine } from '../composition.ts';

export const files = os.files.router({
  inspect: os.files.inspect.handler(({ input: { paths }, context: { engine } }) =>
    Promise.all(paths.map((path) => engine.tools.call('inspect', { path }))),
  ),
});

export const drafts = os.drafts.router({
  list: os.drafts.list.handler(({ context: { engine } }) => engine.store.drafts.list()),
  save: os.drafts.save.handler(({ input, context: { engine } }) => {
    const draft = { ...input, id: input.id ?? randomUUID(), savedAt: Date.now() };
    engine.store.drafts.save(draft);
    engine.events.change({ kind: 'drafts', id: draft.id });
    return draft;
  }),
  remove: os.drafts.remove.handler(({ input: { id }, context: { engine } }) => {
    engine.store.drafts.remove(id);
    engine.events.change({ kind: 'drafts', id });
    return {};
  }),
});

export const playground = os.playground.router({
  chat: os.playground.chat.handler(({ input: { modelId, ...request }, context: { engine }, signal }) => {
    const { path } = engine.models.get(modelId);
    return guarded(engine.chats.chat(path, request, engine.threads, signal), signal);
  }),
  loaded: os.playground.loaded.handler(({ context: { engine } }) =>
    engine.chats.loaded().map(({ path, memoryBytes }) => ({ modelId: path.split(/[\\/]/).at(-1)!, memoryBytes })),
  ),
  unload: os.playground.unload.handler(({ input: { modelId }, context: { engine } }) => {
    engine.chats.unload(modelId === undefined ? undefined : engine.models.get(modelId).path);
    return {};
  }),
});

/** A family of thousands would be no picture. */
const MOST_VERSIONS = 500;

export const compare = os.compare.router({
  versions: os.compare.versions.handler(async ({ input, context: { engine } }) => {
    await engine.models.syncSoon();
    const families = engine.store.models.families(200);
    const family = input.family ?? families[0]?.id;
    if (family === undefined) return { versions: [], families };
    const query = { family, sort: 'addedAt', descending: false, offset: 0, limit: MOST_VERSIONS } as const;
    const versions = engine.store.models.list(query).items.map((model) => {
      const withQuality = engine.store.models
        .measurements(model.id)
        .find(({ values }) => values.perplexity !== undefined);
      return { model, measured: model.measured, evaluatedOn: withQuality?.evaluatedOn };
    });
    return { family, versions, families };
  }),
});

const exportSummary = ({ checks, files: _, ...rest }: ExportRecord): ExportSummary => ({
  ...rest,
  checks: checks.length,
  checksPassed: checks.filter(({ passed }) => passed).length,
});

/** @throws UserError library/not-found */
function exportOf({ store }: Engine, id: string): ExportRecord {
  const found = store.exports.get(id);
  if (!found) throw new UserError('library/not-found', `there is no export ${id}`);
  return found;
}

export const exports_ = os.exports.router({
  targets: os.exports.targets.handler(() => {
    // Targets that differ only in how they store the weights are one to choose: `gguf-f16`, `gguf-q8_0`.
    const groups = new Map<string, { name: string; summary: string; types: string[] }>();
    for (const { name, summary } of TARGETS) {
      const [base, type] = name.split(/-(.*)/s);
      const group = groups.get(base) ?? {
        name: base,
        summary: type ? summary.replace(/: [^:]*$/, '') : summary,
        types: [],
      };
      if (type) group.types.push(type);
      groups.set(base, group);
    }
    return [...groups.values()];
  }),
  list: os.exports.list.handler(({ input: { search, offset, limit }, context: { engine } }) => {
    const { total, items } = engine.store.exports.list(search, offset, limit);
    return { total, items: items.map(exportSummary) };
  }),
  get: os.exports.get.handler(({ input: { id }, context: { engine } }) => {
    const found = exportOf(engine, id);
    return { ...exportSummary(found), files: [...found.files], checkResults: [...found.checks] };
  }),
  remove: os.exports.remove.handler(async ({ input: { id }, context: { engine } }) => {
    const { name, folder } = exportOf(engine, id);
    const trashId = await engine.trash.put('export', id, name, folder);
    engine.events.change({ kind: 'exports', id });
    return { trashId };
  }),
});

export const trash = os.trash.router({
  list: os.trash.list.handler(({ context: { engine } }) =>
    engine.store.trash.list().map(({ id, kind, name, removedAt, bytes }) => ({ id, kind, name, removedAt, bytes })),
  ),
  restore: os.trash.restore.handler(async ({ input: { id }, context: { engine } }) => {
    const restored = await engine.trash.restore(id);
    if (restored.kind === 'model') await engine.models.sync(true);
    engine.events.change({
      kind: restored.kind === 'model' ? 'models' : restored.kind === 'dataset' ? 'datasets' : 'exports',
    });
    return restored;
  }),
  empty: os.trash.empty.handler(async ({ input: { id }, context: { engine } }) => ({
    freedBytes: await engine.trash.empty(id),
  })),
});
