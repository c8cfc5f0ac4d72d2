/** Reads what the pictures of a classifier need from the step's document. Pure. */
import { z } from 'zod';
import { percentToTenth } from '../../../format/number.ts';

const scores = z.object({ accuracy: z.number(), macroF1: z.number(), entityF1: z.number().optional() });

const report = scores.extend({
  /** `multi-label`: any number of labels a text; then accuracy counts texts whose labels are all right. */
  task: z.string().optional(),
  labels: z.array(z.string()),
  ece: z.number(),
  loss: z.number(),
  trainRows: z.number(),
  testRows: z.number(),
  cutRows: z.number().default(0),
  problemCount: z.number().default(0),
  perClass: z.array(
    z.object({ label: z.string(), precision: z.number(), recall: z.number(), f1: z.number(), support: z.number() }),
  ),
  confusion: z.array(z.array(z.number())).default([]),
  hardest: z
    .array(z.object({ text: z.string(), label: z.string(), predicted: z.string(), probability: z.number() }))
    .default([]),
  baseline: scores.extend({ method: z.string() }).optional(),
  majority: scores.optional(),
  /** Where each word has a tag. */
  words: z.object({ train: z.number(), test: z.number() }).optional(),
  entities: z.object({ precision: z.number(), recall: z.number(), f1: z.number() }).optional(),
  fewShot: z.object({ headOnly: scores }).optional(),
  learningCurve: z.array(z.object({ rows: z.number(), score: z.number() })).optional(),
  choice: z.object({ learningRate: z.number(), epochs: z.number() }).optional(),
});
export type TransferReport = z.infer<typeof report>;

/** Undefined for a document of another kind: what cannot be read is not drawn. */
export const transferReport = (result: Readonly<Record<string, unknown>> | undefined): TransferReport | undefined =>
  report.safeParse(result).data;

/** So many more texts right than by the plain method that it is no accident of the rows measured on: two standard errors. */
export function earnsItsSize({
  accuracy,
  baseline,
  words,
  testRows,
}: TransferReport): 'yes' | 'no' | 'unclear' | undefined {
  if (!baseline) return undefined;
  const error = Math.sqrt(
    (accuracy * (1 - accuracy) + baseline.accuracy * (1 - baseline.accuracy)) / (words?.test ?? testRows),
  );
  const gain = accuracy - baseline.accuracy;
  if (Math.abs(gain) < 2 * error) return 'unclear';
  return gain > 0 ? 'yes' : 'no';
}

/** "94.3% of 300 texts that it did not see are right; words alone reach 96.3%." */
export function transferVerdict(result: TransferReport): { text: string; tone: 'good' | 'warn' | 'neutral' } {
  const { accuracy, testRows, baseline, majority } = result;
  const { words: counts, entities } = result;
  const what = counts ? `${counts.test.toLocaleString('en-US')} words` : `${testRows.toLocaleString('en-US')} texts`;
  const right =
    result.task === 'multi-label'
      ? `${percentToTenth(accuracy)} of ${what} it did not see have all labels right and none too many`
      : `${percentToTenth(accuracy)} of ${what} it did not see are right`;
  if (entities) {
    const found = `Of the entities in sentences it did not see it finds ${percentToTenth(entities.recall)}, and ${percentToTenth(entities.precision)} of what it names is right`;
    const plain = baseline?.entityF1;
    if (plain === undefined) return { text: `${found}.`, tone: 'neutral' };
    const better = entities.f1 > plain;
    return {
      text: `${found}: F1 ${percentToTenth(entities.f1)}, where the usual tag of each word gets ${percentToTenth(plain)}.`,
      tone: better ? 'good' : 'warn',
    };
  }
  if (majority && accuracy <= majority.accuracy) {
    return { text: `${right}: no better than always saying the largest class.`, tone: 'warn' };
  }
  if (!baseline) return { text: `${right}.`, tone: 'neutral' };
  const words = `counting words alone gets ${percentToTenth(baseline.accuracy)}`;
  switch (earnsItsSize(result)) {
    case 'yes':
      return { text: `${right}; ${words}: the model earns its size.`, tone: 'good' };
    case 'no':
      return { text: `${right}; ${words}: the plain method is better here.`, tone: 'warn' };
    default:
      return { text: `${right}; ${words}: too close to tell apart on so few texts.`, tone: 'neutral' };
  }
}
