/** Reads what the picture of a model that says numbers needs from the step's document. Pure. */
import { z } from 'zod';
import { shortNumber } from '../../../format/number.ts';

const errors = z.object({ meanAbsoluteError: z.number(), rootMeanSquaredError: z.number() });
const scores = errors.extend({ r2: z.number(), spearman: z.number() });

const report = scores.extend({
  trainRows: z.number(),
  testRows: z.number(),
  cutRows: z.number().default(0),
  problemCount: z.number().default(0),
  points: z.array(z.object({ wanted: z.number(), predicted: z.number() })).default([]),
  hardest: z.array(z.object({ text: z.string(), wanted: z.number(), predicted: z.number() })).default([]),
  baseline: scores.extend({ method: z.string() }),
  mean: errors,
  learningCurve: z.array(z.object({ rows: z.number(), score: z.number() })).optional(),
});
export type NumberReport = z.infer<typeof report>;

/** Undefined for a document of another kind. */
export const numberReport = (result: Readonly<Record<string, unknown>> | undefined): NumberReport | undefined =>
  report.safeParse(result).data;

/** "On 60 texts it did not see it is off by 0.91 in the mean, words alone by 1.2." */
export function numberVerdict({ meanAbsoluteError, testRows, baseline, mean }: NumberReport): {
  text: string;
  tone: 'good' | 'warn' | 'neutral';
} {
  const off = `On ${testRows.toLocaleString('en-US')} texts it did not see it is off by ${shortNumber(meanAbsoluteError)} in the mean`;
  const plain = shortNumber(baseline.meanAbsoluteError);
  if (meanAbsoluteError >= mean.meanAbsoluteError) {
    return { text: `${off}: no better than always saying the mean.`, tone: 'warn' };
  }
  return meanAbsoluteError < baseline.meanAbsoluteError
    ? { text: `${off}; counting words alone is off by ${plain}.`, tone: 'good' }
    : { text: `${off}; counting words alone is off by ${plain}: the plain method is better here.`, tone: 'warn' };
}
