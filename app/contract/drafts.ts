/** Wizards that were left unfinished. */
import { z } from 'zod';
import { id, json, nothing, procedure, time } from './shared.ts';

export const draft = z.object({
  id,
  wizard: z.string().max(60),
  title: z.string().max(200),
  form: json,
  savedAt: time,
});
export type Draft = z.infer<typeof draft>;

export const drafts = {
  list: procedure.input(nothing).output(z.array(draft)),
  /** Without `id` a new one. */
  save: procedure
    .input(z.object({ id: id.optional(), wizard: z.string().max(60), title: z.string().max(200), form: json }))
    .output(draft),
  remove: procedure.input(z.object({ id })).output(z.object({})),
};
