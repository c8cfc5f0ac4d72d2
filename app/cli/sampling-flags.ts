/** Flags of the commands that generate text or turn it into vectors. */
import { z } from 'zod';
import { DEVICES } from '../runtime/session.ts';

export const deviceFlag = z
  .enum(DEVICES)
  .optional()
  .describe('What computes: see `lathe hardware`; its answers are compared with the processor’s first (default: cpu)');

export const cacheTypeFlag = z
  .enum(['float32', 'int8'])
  .optional()
  .describe(
    'Keys and values of tokens seen: int8 keeps them in a quarter, decodes long contexts faster and reads prompts slower, unless with --prompt-type int8 (default: float32)',
  );

export const promptTypeFlag = z
  .enum(['stored', 'int8'])
  .optional()
  .describe(
    'Models in blocks of 4 or 8 bits: int8 reads prompts about 1.7 times as fast, with two bytes more of memory a weight and longer to open (SmolLM2-135M: 220 MB, 2 seconds); answers change about as little as by the int8 activations of such models (default: stored)',
  );

export const profileFlag = z
  .enum(['stored', 'none'])
  .default('stored')
  .describe('stored: run as `lathe optimize` found best here, where no flag says otherwise; none: as it comes');

export const poolingFlag = z
  .enum(['mean', 'last', 'first'])
  .default('mean')
  .describe('Which hidden states make an embedding');

export const thresholdFlag = z
  .number()
  .min(0)
  .max(1)
  .optional()
  .describe(
    'Adapted models, greedy: from fast (0) to careful (1: the whole, or the large model; a cascade asks it so large a share); default what was proved, if it pays',
  );

export const samplingFlags = z.object({
  maxTokens: z.number().int().positive().default(256).describe('Most tokens to generate'),
  temperature: z.number().nonnegative().default(0).describe('0: the likeliest token always; higher: more varied'),
  topK: z.number().int().nonnegative().default(0).describe('Draw from the k likeliest tokens only; 0: all'),
  topP: z.number().positive().max(1).default(1).describe('Draw from the likeliest tokens that hold this probability'),
  minP: z.number().min(0).max(1).default(0).describe('Draw from tokens at least this fraction as likely as the best'),
  repetitionPenalty: z.number().positive().default(1).describe('Above 1: repeat less'),
  stop: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .transform((stop) => (stop === undefined ? [] : [stop].flat()))
    .describe('Text before which the answer ends; named again: one more'),
  speculate: z
    .boolean()
    .default(false)
    .describe('Check drafts looked up in the text so far: the same text, sooner where it repeats'),
  seed: z.number().int().nonnegative().default(0).describe('The same seed gives the same text'),
});
