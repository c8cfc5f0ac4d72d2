/** Reads what a distillation's picture needs from the step's document: teacher, student before and after. Pure. */
import { z } from 'zod';
import { percentToTenth } from '../../../format/number.ts';

const scores = z.object({
  perplexity: z.number().optional(),
  accuracy: z.number().optional(),
  macroF1: z.number().optional(),
  cosine: z.number().optional(),
  exactMatch: z.number().optional(),
  tokenF1: z.number().optional(),
  bleu: z.number().optional(),
  chrf: z.number().optional(),
  'chrf++': z.number().optional(),
  sizeBytes: z.number(),
  decodeTokensPerSecond: z.number().optional(),
  textsPerSecond: z.number().optional(),
});
type Scores = z.infer<typeof scores>;

const report = z.object({
  teacher: scores.extend({ parameters: z.number() }),
  before: scores,
  after: scores,
  parameters: z.number(),
  agreement: z.number().optional(),
});
export type DistilReport = z.infer<typeof report>;

/** Undefined for a document of another kind, or where nothing was measured. */
export const distilReport = (result: Readonly<Record<string, unknown>> | undefined): DistilReport | undefined =>
  report.safeParse(result).data;

interface Kind {
  readonly key: Exclude<keyof Scores, 'sizeBytes' | 'decodeTokensPerSecond' | 'textsPerSecond'>;
  readonly name: string;
  /** In a sentence. */
  readonly said: string;
  readonly lowerIsBetter?: boolean;
  readonly write: (value: number) => string;
}

const tenth = (value: number): string => value.toFixed(1);

/** What the task itself counts comes before what any text tells. */
const KINDS: readonly Kind[] = [
  { key: 'accuracy', name: 'Accuracy', said: 'accuracy', write: percentToTenth },
  { key: 'macroF1', name: 'Macro F1', said: 'macro F1', write: percentToTenth },
  { key: 'cosine', name: 'Cosine', said: 'own vectors, by cosine', write: (value) => value.toFixed(3) },
  { key: 'chrf', name: 'chrF', said: 'chrF', write: tenth },
  { key: 'chrf++', name: 'chrF++', said: 'chrF++', write: tenth },
  { key: 'bleu', name: 'BLEU', said: 'BLEU', write: tenth },
  { key: 'exactMatch', name: 'Exact match', said: 'share of exact matches', write: percentToTenth },
  { key: 'tokenF1', name: 'Token F1', said: 'token F1', write: percentToTenth },
  {
    key: 'perplexity',
    name: 'Perplexity',
    said: 'perplexity',
    lowerIsBetter: true,
    write: (value) => value.toPrecision(3),
  },
];

export interface DistilRow {
  readonly name: string;
  readonly teacher: string;
  readonly before: string;
  readonly after: string;
  /** The student's beside the teacher's: "97.2% kept", "1.9× faster". */
  readonly beside: string;
}

const faster = (ratio: number): string =>
  ratio >= 1 ? `${ratio.toFixed(1)}× faster` : `${(1 / ratio).toFixed(1)}× slower`;

/** Measure by measure, for those that all three have. */
export function distilRows({ teacher, before, after, parameters }: DistilReport): DistilRow[] {
  const rows = KINDS.flatMap(({ key, name, lowerIsBetter, write }): DistilRow[] => {
    const [was, old, now] = [teacher[key], before[key], after[key]];
    if (was === undefined || old === undefined || now === undefined) return [];
    const kept = lowerIsBetter
      ? `${(now / was).toFixed(2)}× its teacher’s`
      : was > 0
        ? `${percentToTenth(now / was)} kept`
        : '';
    return [{ name, teacher: write(was), before: write(old), after: write(now), beside: kept }];
  });
  const mega = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  rows.push({
    name: 'Size',
    teacher: mega(teacher.sizeBytes),
    before: mega(before.sizeBytes),
    after: mega(after.sizeBytes),
    beside: `${percentToTenth(parameters / teacher.parameters)} of the weights`,
  });
  for (const [key, name, unit] of [
    ['decodeTokensPerSecond', 'Decode', 'tokens/s'],
    ['textsPerSecond', 'Speed', 'texts/s'],
  ] as const) {
    const [was, old, now] = [teacher[key], before[key], after[key]];
    if (was === undefined || old === undefined || now === undefined) continue;
    const write = (value: number) => `${Math.round(value).toLocaleString('en-US')} ${unit}`;
    rows.push({ name, teacher: write(was), before: write(old), after: write(now), beside: faster(now / was) });
  }
  return rows;
}

/** Shares of the teacher's score from which on a student is as good for most uses, and from which on it is of use at all. */
const GOOD = 0.95;
const FAIR = 0.8;

/** "Keeps 97.2% of its teacher’s chrF (81.4 of 83.7) with 46.5% of the weights, 1.9× faster; untaught it had 3.1." */
export function distilVerdict(result: DistilReport): { text: string; tone: 'good' | 'warn' | 'bad' } | undefined {
  const { teacher, before, after, parameters } = result;
  const kind = KINDS.find(({ key }) => [teacher, before, after].every((of) => of[key] !== undefined));
  if (!kind) return undefined;
  const [was, old, now] = [teacher, before, after].map((of) => of[kind.key]!);
  const [speed, pace] = [after, teacher].map((of) => of.decodeTokensPerSecond ?? of.textsPerSecond);
  const cost = `with ${percentToTenth(parameters / teacher.parameters)} of the weights${speed && pace ? `, ${faster(speed / pace)}` : ''}`;
  const learnt = kind.lowerIsBetter ? now < old : now > old;
  const untaught = `untaught it had ${kind.write(old)}`;
  if (!learnt) return { text: `${kind.name} ${kind.write(now)}, ${untaught}: it learned nothing.`, tone: 'bad' };
  if (kind.lowerIsBetter) {
    const text = `${kind.name} ${kind.write(now)}, its teacher’s ${kind.write(was)}, ${cost}; ${untaught}.`;
    return { text, tone: now / was < 1 / FAIR ? 'good' : 'warn' };
  }
  const kept = was > 0 ? now / was : 1;
  const text = `Keeps ${percentToTenth(kept)} of its teacher’s ${kind.said} (${kind.write(now)} of ${kind.write(was)}) ${cost}; ${untaught}.`;
  return { text, tone: kept >= GOOD ? 'good' : kept >= FAIR ? 'warn' : 'bad' };
}
