/** What was measured of a model: always values from this machine, with the spread of repeats where there were some. */
import { z } from 'zod';
import { bytes } from './shared.ts';

const rate = z.number().nonnegative();

/** The report before or after a step; further fields are a technique's own. */
export const measurements = z.looseObject({
  perplexity: z.number().optional(),
  accuracy: z.number().optional(),
  /** Of what was written in the place of the answers, 0 to 100. */
  bleu: z.number().optional(),
  chrf: z.number().optional(),
  sizeBytes: bytes.optional(),
  loadMs: rate.optional(),
  peakMemoryBytes: bytes.optional(),
  prefillTokensPerSecond: rate.optional(),
  decodeTokensPerSecond: rate.optional(),
  timeToFirstTokenMs: rate.optional(),
  contexts: z
    .array(
      z.object({
        tokens: z.number(),
        prefillTokensPerSecond: rate,
        decodeTokensPerSecond: rate,
        timeToFirstTokenMs: rate,
        /** (largest − smallest) / median of the repeats. */
        spread: z.object({ prefill: rate, decode: rate }),
      }),
    )
    .optional(),
});
export type Measurements = z.infer<typeof measurements>;
