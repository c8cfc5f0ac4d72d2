/** What a quantize step says of its recovery, as name and value. Pure. */
import { z } from 'zod';

const recovered = z.object({
  tokens: z.number(),
  sourcePerplexity: z.number(),
  perplexityBefore: z.number(),
  perplexityAfter: z.number(),
  divergenceBefore: z.number(),
  divergenceAfter: z.number(),
  regained: z.number().optional(),
});

/** @param result of a quantize step, as the job kept it; undefined where nothing was recovered */
export function recoveredFacts(result: unknown): readonly (readonly [name: string, value: string])[] | undefined {
  const { data } = z.object({ recovered }).safeParse(result);
  if (!data) return undefined;
  const { recovered: found } = data;
  const { regained, tokens } = found;
  const change = (before: number, after: number, digits: number) =>
    `${before.toFixed(digits)} → ${after.toFixed(digits)}`;
  return [
    ['Divergence from the original', `${change(found.divergenceBefore, found.divergenceAfter, 3)} nats a token`],
    [
      'Perplexity',
      `${change(found.perplexityBefore, found.perplexityAfter, 2)}, the original ${found.sourcePerplexity.toFixed(2)}`,
    ],
    ...(regained === undefined
      ? []
      : [['Brought back', `${regained > 0 ? `${Math.round(100 * regained)}%` : 'nothing'} of what was lost`] as const]),
    ['Measured on', `${tokens.toLocaleString('en')} tokens that nothing was learnt from`],
  ];
}
