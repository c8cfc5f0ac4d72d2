/** Every setting of pruning with its default: flags, forms and recipes are drawn from this. */
import { z } from 'zod';
import { TARGET_SIZE } from '../../files/byte-size.ts';

export const pruneSchema = z.object({
  method: z
    .enum(['depth', 'width', 'vocabulary', 'wanda', 'sparsegpt', 'magnitude'])
    .default('depth')
    .describe('Remove layers, neurons or heads, tokens; or set single weights to zero (wanda, sparsegpt, magnitude)'),
  amount: z
    .number()
    .positive()
    .optional()
    .describe(
      'How much goes: a share below 1, or a number (default: a tenth; half of single weights; all unused tokens)',
    ),
  targetParameters: z.number().int().positive().optional().describe('Remove as much as leaves so many parameters'),
  targetSize: z
    .string()
    .regex(TARGET_SIZE, 'a size such as 92MB')
    .optional()
    .describe('Remove as much as leaves so many bytes, such as 92MB'),
  targetLatency: z
    .number()
    .positive()
    .optional()
    .describe('Remove as much as it takes to write a token in so many milliseconds, measured on this machine'),
  targetFirstToken: z
    .number()
    .positive()
    .optional()
    .describe('Remove as much as it takes to begin an answer to 512 tokens in so many milliseconds, measured'),
  by: z
    .enum(['perplexity', 'influence', 'angular', 'activation', 'taylor', 'magnitude'])
    .optional()
    .describe(
      'How importance is found: perplexity, influence or angular (layers in a row) for layers; activation, taylor or magnitude for width (default: the first of each)',
    ),
  layers: z
    .array(z.number().int().nonnegative())
    .optional()
    .describe('Depth: these layers go, counted from 0, instead of those found to matter least'),
  part: z
    .enum(['neurons', 'heads', 'groups', 'channels'])
    .default('neurons')
    .describe(
      'Width: feed-forward neurons, query heads, key-value heads with their query heads, or channels of the hidden states',
    ),
  pattern: z
    .enum(['rows', '2:4'])
    .default('rows')
    .describe('Single weights: that share of every row, or 2 of every 4 neighbours'),
  shares: z
    .enum(['even', 'outliers'])
    .default('even')
    .describe('Single weights (wanda, sparsegpt): the same share of every layer, or less of those full of outliers'),
  frequent: z
    .number()
    .int()
    .nonnegative()
    .default(1024)
    .describe('Vocabulary: the most frequent tokens that are kept whether the data need them or not'),
  recover: z
    .enum(['none', 'lora', 'full', 'distill'])
    .default('none')
    .describe('Train afterwards on the data: adapters, every weight, or towards what the whole model says (distill)'),
  recoverSteps: z.number().int().positive().default(100).describe('Recovery: training steps, over all iterations'),
  recoverLearningRate: z
    .number()
    .positive()
    .optional()
    .describe('Recovery: peak learning rate (default: 2e-4 for lora, 5e-5 for full, 3e-4 for distill)'),
  recoverLength: z.number().int().min(8).default(256).describe('Recovery: tokens of a row'),
  iterations: z
    .number()
    .int()
    .positive()
    .max(100)
    .default(1)
    .describe('Remove a little at a time, recovering each time, in so many rounds'),
  calibrationTokens: z
    .number()
    .int()
    .min(8)
    .default(4096)
    .describe('Most tokens of the data that importance is found on'),
});
export type PruneOptions = z.infer<typeof pruneSchema>;

/** Whether a method sets single weights to zero and leaves all shapes as they are. */
export const isUnstructured = (method: PruneOptions['method']): boolean =>
  method === 'wanda' || method === 'sparsegpt' || method === 'magnitude';
