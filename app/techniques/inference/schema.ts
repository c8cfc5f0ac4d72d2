/** Settings of the search for the fastest way to run a model: flags, forms and recipes are drawn from this. */
import { z } from 'zod';

export const GOALS = ['latency', 'throughput', 'memory'] as const;
export type Goal = (typeof GOALS)[number];

export const optimizeSchema = z.object({
  goal: z
    .enum(GOALS)
    .default('latency')
    .describe('latency: one answer soonest; throughput: most tokens of many requests; memory: least of it'),
  budget: z.number().min(5).max(3600).default(60).describe('Seconds that trying may take'),
  promptTokens: z
    .number()
    .int()
    .min(1)
    .max(32_768)
    .optional()
    .describe('Tokens of the prompts that answers begin with: the longer, the more reading them counts (default: 64)'),
  allowQuantized: z
    .boolean()
    .default(false)
    .describe('Also try float16, int8 and int4 weights, prompts in int8 and an int8 cache: answers change a little'),
  maxDivergence: z
    .number()
    .nonnegative()
    .optional()
    .describe('Try these too, but only those that diverge at most this much, in nats a token (default: same answers)'),
  seed: z.number().int().nonnegative().default(0).describe('Of the resampling behind the interval'),
});
export type OptimizeOptions = z.infer<typeof optimizeSchema>;
