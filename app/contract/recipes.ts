/** Recipes: the same YAML that `lathe run` takes. */
import { z } from 'zod';
import { id, json, modelId, procedure } from './shared.ts';

export const plan = z.object({
  name: z.string().trim().min(1).max(120).optional(),
  modelId,
  datasetId: id.optional(),
  /** Further data sets that are mixed into it: the step's `mix` holds the weights. */
  mixedIds: z.array(id).max(20).optional(),
  /** What quality is measured on instead of held-out rows. */
  evaluateId: id.optional(),
  steps: z
    .array(z.object({ name: z.string(), options: json }))
    .min(1)
    .max(20),
});
export type Plan = z.infer<typeof plan>;

export const recipes = {
  fromPlan: procedure.input(plan).output(z.object({ yaml: z.string() })),
  /** Reads a recipe that the user pasted or dropped and checks every step's settings. */
  parse: procedure.input(z.object({ yaml: z.string().max(1_000_000) })).output(
    z.object({
      name: z.string(),
      model: z.string(),
      dataset: z.string().optional(),
      evaluate: z.string().optional(),
      steps: z.array(z.object({ name: z.string(), options: json })),
    }),
  ),
};
