/** Exports: targets there are, and what was written for them with the checks it passed. The export itself is a job. */
import { z } from 'zod';
import { bytes, count, id, modelId, page, procedure, time } from './shared.ts';

export const exportSummary = z.object({
  id,
  name: z.string(),
  target: z.string(),
  folder: z.string(),
  modelId: modelId.optional(),
  jobId: id.optional(),
  createdAt: time,
  sizeBytes: bytes,
  checksPassed: count,
  checks: count,
});
export type ExportSummary = z.infer<typeof exportSummary>;

export const exportProcedures = {
  targets: procedure
    .input(z.object({ modelId: modelId.optional() }))
    .output(z.array(z.object({ name: z.string(), summary: z.string(), types: z.array(z.string()) }))),
  list: procedure.input(page).output(z.object({ total: count, items: z.array(exportSummary) })),
  get: procedure.input(z.object({ id })).output(
    exportSummary.extend({
      files: z.array(z.object({ path: z.string(), sizeBytes: bytes, sha256: z.string() })),
      checkResults: z.array(z.object({ name: z.string(), passed: z.boolean(), detail: z.string() })),
    }),
  ),
  remove: procedure.input(z.object({ id })).output(z.object({ trashId: id })),
};
