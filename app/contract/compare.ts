/** Versions of models beside each other, in what was measured of them. */
import { z } from 'zod';
import { measurements } from './measurements.ts';
import { modelSummary } from './models.ts';
import { count, modelId, procedure } from './shared.ts';

export const version = z.object({
  model: modelSummary,
  measured: measurements.optional(),
  /** Perplexities are comparable only where this is the same: what they were measured on. */
  evaluatedOn: z.string().optional(),
});
export type Version = z.infer<typeof version>;

export const compare = {
  /** With `family` the versions of one model; else the families there are, largest first, and the newest family's versions. */
  versions: procedure.input(z.object({ family: modelId.optional() })).output(
    z.object({
      family: modelId.optional(),
      versions: z.array(version),
      families: z.array(z.object({ id: modelId, name: z.string(), versions: count })),
    }),
  ),
};
