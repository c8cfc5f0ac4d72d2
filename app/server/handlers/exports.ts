/** Targets, and what was exported. */
import { UserError } from '../../contract/errors.ts';
import type { ExportSummary } from '../../contract/exports.ts';
import { TARGETS } from '../../export/index.ts';
import type { ExportTarget } from '../../export/target.ts';
import { isQuantized } from '../../recipes/estimates/estimator.ts';
import type { ExportRecord } from '../../store/exports.ts';
import { os } from '../base.ts';
import type { Engine } from '../composition.ts';

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

export const exportHandlers = os.exports.router({
  targets: os.exports.targets.handler(async ({ input: { modelId }, context: { engine } }) => {
    const model = modelId === undefined ? undefined : await engine.models.find(modelId);
    const fits = ({ needsAdapter, quantizedOnly }: ExportTarget) =>
      !needsAdapter && !(quantizedOnly && model && !isQuantized(model));
    // Targets that differ only in how they store the weights are one to choose: `gguf-f16`, `gguf-q8_0`.
    const groups = new Map<string, { name: string; summary: string; types: string[] }>();
    for (const { name, summary, type } of TARGETS.filter(fits)) {
      const base = type ? name.slice(0, -type.length - 1) : name;
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
