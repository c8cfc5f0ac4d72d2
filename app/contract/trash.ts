/** What was removed and can still be had back. */
import { z } from 'zod';
import { bytes, id, nothing, procedure, time } from './shared.ts';

export const trashEntry = z.object({
  id,
  kind: z.enum(['model', 'dataset', 'export']),
  name: z.string(),
  removedAt: time,
  bytes,
});
export type TrashEntry = z.infer<typeof trashEntry>;

export const trash = {
  list: procedure.input(nothing).output(z.array(trashEntry)),
  /** Says under which id it is back. */
  restore: procedure.input(z.object({ id })).output(z.object({ kind: trashEntry.shape.kind, id: z.string() })),
  /** For good. Without `id` everything. */
  empty: procedure.input(z.object({ id: id.optional() })).output(z.object({ freedBytes: bytes })),
};
