/** Reads what the picture of a model that says which texts are alike needs from the step's document. Pure. */
import { z } from 'zod';
import { percentToTenth, shortNumber } from '../../../format/number.ts';

const scores = z.object({
  spearman: z.number().optional(),
  pearson: z.number().optional(),
  recallAt1: z.number().optional(),
  meanReciprocalRank: z.number().optional(),
});
export type PairScores = z.infer<typeof scores>;

const report = z.object({
  contrast: z.enum(['ranking', 'order']),
  before: scores,
  after: scores,
  baseline: scores.extend({ method: z.string() }),
  trainRows: z.number(),
  testRows: z.number(),
  cutRows: z.number().default(0),
  problemCount: z.number().default(0),
  points: z.array(z.object({ wanted: z.number(), predicted: z.number() })).default([]),
  hardest: z
    .array(
      z.object({
        text: z.string(),
        other: z.string(),
        cosine: z.number(),
        score: z.number().optional(),
        nearest: z.string().optional(),
      }),
    )
    .default([]),
});
export type PairReport = z.infer<typeof report>;

/** Undefined for a document of another kind. */
export const pairReport = (result: Readonly<Record<string, unknown>> | undefined): PairReport | undefined =>
  report.safeParse(result).data;

/** The two figures that pairs are judged by, the first of them the one that counts, and how they read. */
export function figuresOf(scored: boolean) {
  return scored
    ? {
        main: { title: 'rank correlation', of: ({ spearman = 0 }: PairScores) => spearman, show: shortNumber },
        second: { title: 'Pearson', of: ({ pearson = 0 }: PairScores) => pearson, show: shortNumber },
      }
    : {
        main: { title: 'nearest is right', of: ({ recallAt1 = 0 }: PairScores) => recallAt1, show: percentToTenth },
        second: {
          title: 'reciprocal rank',
          of: ({ meanReciprocalRank = 0 }: PairScores) => meanReciprocalRank,
          show: shortNumber,
        },
      };
}

/** "Of 40 texts it did not see, the right one is nearest to 82.5%, before to 70.0%." */
export function pairVerdict({ contrast, before, after, baseline, testRows }: PairReport): {
  text: string;
  tone: 'good' | 'warn' | 'neutral';
} {
  const { main } = figuresOf(contrast === 'order');
  const [now, then, plain] = [after, before, baseline].map(main.of);
  const rows = testRows.toLocaleString('en-US');
  const text =
    contrast === 'order'
      ? `On ${rows} pairs it did not see, its order agrees with the scores by ${main.show(now)}, before by ${main.show(then)}; the words they share by ${main.show(plain)}.`
      : `Of ${rows} texts it did not see, the right one is nearest to ${main.show(now)}, before to ${main.show(then)}; by the words they share to ${main.show(plain)}.`;
  return { text, tone: now > then && now > plain ? 'good' : now < then || now < plain ? 'warn' : 'neutral' };
}
