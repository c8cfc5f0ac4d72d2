/** Dropped files and folders: what each is, and what it would become. */
import { z } from 'zod';
import { failure, path, procedure } from './shared.ts';

export const inspected = z.object({
  path: z.string(),
  name: z.string(),
  kind: z.enum(['model', 'dataset', 'recipe', 'unknown']),
  /** "Data set, 5,210 chats", "Model, Llama, 135M, 4-bit GGUF". */
  summary: z.string(),
  detail: z.string().optional(),
  sizeBytes: z.number().nonnegative().optional(),
  /** Of a recipe: what it says, so that it can be started. */
  text: z.string().optional(),
  /** Why it cannot be used. */
  problem: failure.optional(),
});
export type Inspected = z.infer<typeof inspected>;

export const files = {
  inspect: procedure.input(z.object({ paths: z.array(path).min(1).max(200) })).output(z.array(inspected)),
};
