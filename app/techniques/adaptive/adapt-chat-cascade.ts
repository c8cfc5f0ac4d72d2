/**
 * Puts a small chat model before a large one, which is asked only where the small one's answer is not likely enough to
 * itself; how likely it must be is proved as for exits (Learn then Test), on answers that both have written.
 */
import { resolve } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { hashText } from '../../datasets/hash.ts';
import { openExamples } from '../../datasets/index.ts';
import { mean } from '../../evaluate/statistics.ts';
import { normalise, tokenF1 } from '../../evaluate/text-scores.ts';
import { assertReplaceable } from '../../files/atomic.ts';
import { Speaker, type Spoken } from '../../generate/speaker.ts';
import { readAdaptiveNote } from '../../models/adaptive-note.ts';
import type { Message } from '../../models/chat-template.ts';
import { readLineage } from '../../models/lineage.ts';
import { writeCascade } from './cascade-folder.ts';
import type { ExitReport } from './exit-report.ts';
import { NEVER } from './policy.ts';
import { netPValue, requiredRows, testInSequence } from './risk.ts';
import type { AdaptOptions } from './schema.ts';

export interface ChatCascadeResult extends Omit<ExitReport, 'metric' | 'thresholds'> {
  readonly kind: 'chat-cascade';
  /** Token F1 (SQuAD) of the answers against those of the data. */
  readonly metric: {
    readonly name: 'token F1';
    readonly full: number;
    readonly adaptive: number;
    readonly loss: number;
  };
  readonly threshold: number;
  /** Share of held-out questions that the large model was asked. */
  readonly askedLarge: number;
  readonly rows: { readonly tuning: number; readonly calibration: number; readonly test: number };
  readonly dial: readonly { readonly loss: number; readonly meanLayers: number }[];
  readonly small: string;
  readonly large: string;
  readonly model: string;
}

export interface ChatData {
  readonly file: string;
  readonly format?: string;
  readonly columns?: Readonly<Record<string, string>>;
}

export interface ChatContext {
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (what: 'reading' | 'training' | 'measuring', done: number, total: number) => void;
}

interface Question {
  readonly messages: readonly Message[];
  readonly reference: string;
}

/** What both wrote, and the milliseconds it took. */
interface Answered extends Question {
  readonly small: Spoken & { readonly milliseconds: number };
  readonly large: Spoken & { readonly milliseconds: number };
}

const WORTH = 1.05;
const STEPS = 40;
const SHOWN = 6;
/** Parts of the held-out questions that ratios of times are taken of. */
const ROUNDS = 5;

/**
 * Writes `out`: the large model as it is, the small one in a folder of its own, and when the large one is asked.
 * @throws UserError arguments/incompatible for models that have learnt from the data, adapt/too-few-rows, template/missing
 */
export async function adaptChatCascade(
  folders: { readonly small: string; readonly large: string },
  data: ChatData,
  out: string,
  options: AdaptOptions,
  context: ChatContext,
): Promise<ChatCascadeResult> {
  await assertReplaceable(out);
  for (const folder of Object.values(folders)) await assertUsable(folder, resolve(data.file));
  const parts = splitQuestions(await readQuestions(data), options);
  assertEnough(parts, options);
  const all = [...parts.tuning, ...parts.calibration, ...parts.test];
  const answers = await askBoth(folders, all, options.answerTokens, context);
  const tuning = answers.slice(0, parts.tuning.length);
  const proving = answers.slice(parts.tuning.length, parts.tuning.length + parts.calibration.length);
  const test = answers.slice(parts.tuning.length + parts.calibration.length);

  const { metric, maxLoss, confidence } = options;
  const level = levelOf(options);
  const candidates = propose(tuning);
  const pValueOf = (threshold: number) => netPValue(lossesOf(proving, threshold, metric), maxLoss);
  // From both ends: where the small model knows more, little evidence is in the few answers of the careful end.
  const careful = testInSequence(candidates, ({ threshold: one }) => pValueOf(one), level);
  const fast = testInSequence(candidates.toReversed(), ({ threshold: one }) => pValueOf(one), level);
  const kept = candidates.filter((_, i) => i < careful || i >= candidates.length - fast);
  const accepted = kept.length;
  const threshold = kept.at(-1)?.threshold ?? NEVER;
  const losses = lossesOf(test, threshold, metric);
  const ratios = partsOf(test).map((part) => timeOf(part, NEVER) / timeOf(part, threshold));
  const asked = mean(test.map((row) => Number(!sure(row, threshold))));
  const alone = mean(lossesOf(test, ALWAYS, metric));
  const smallSuffices = pValueOf(ALWAYS) <= level;
  const quality = (text: (row: Answered) => string) => mean(test.map((row) => qualityOf(text(row), row.reference)));
  const speedup = timeOf(test, NEVER) / timeOf(test, threshold);
  const full = quality(({ large }) => large.text);
  const adaptive = quality((row) => (sure(row, threshold) ? row.small : row.large).text);
  const dial = kept.map((one) => ({
    threshold: one.threshold,
    loss: mean(lossesOf(proving, one.threshold, metric)),
    meanLayers: 1 + mean(proving.map((row) => Number(!sure(row, one.threshold)))),
  }));
  const guarantee = {
    metric,
    maxLoss,
    confidence,
    calibrationRows: proving.length,
    method: `Learn then Test, fixed sequences of ${candidates.length} from both ends, binomial tail and betting over answers`,
    pValue: threshold < NEVER ? pValueOf(threshold) : 0,
    calibrationLoss: threshold < NEVER ? mean(lossesOf(proving, threshold, metric)) : 0,
    tested: candidates.length,
    accepted,
    heldOut: { rows: test.length, loss: mean(losses), kept: mean(losses) <= maxLoss },
  };
  const worthwhile = speedup >= WORTH;
  const note = { version: 1, kind: 'chat-cascade', threshold, answerTokens: options.answerTokens, dial, guarantee };
  await writeCascade(folders, out, note, { ...options, data: resolve(data.file), cascade: resolve(folders.small) });
  return {
    kind: 'chat-cascade',
    layers: 2,
    meanLayersUsed: 1 + asked,
    speedup,
    speedupRange: [Math.min(...ratios), Math.max(...ratios)],
    milliseconds: {
      full: timeOf(test, NEVER) / test.length,
      adaptive: timeOf(test, threshold) / test.length,
      fixed: timeOf(test, smallSuffices ? ALWAYS : NEVER) / test.length,
    },
    metric: { name: 'token F1', full, adaptive, loss: full - adaptive },
    threshold,
    guarantee,
    askedLarge: asked,
    bestFixed: {
      layer: smallSuffices ? 1 : 2,
      accuracy: smallSuffices ? quality(({ small }) => small.text) : full,
      loss: smallSuffices ? alone : 0,
      speedup: smallSuffices ? timeOf(test, NEVER) / timeOf(test, ALWAYS) : 1,
    },
    exits: [
      {
        layer: 1,
        accuracy: quality(({ small }) => small.text),
        agreement: mean(test.map(({ small, large }) => qualityOf(small.text, large.text))),
        share: 1 - asked,
      },
      { layer: 2, accuracy: full, agreement: 1, share: asked },
    ],
    examples: examplesOf(test, threshold),
    worthwhile,
    proposals: worthwhile ? [] : proposalsOf(asked),
    rows: { tuning: tuning.length, calibration: proving.length, test: test.length },
    dial: dial.map(({ loss, meanLayers }) => ({ loss, meanLayers })),
    small: resolve(folders.small),
    large: resolve(folders.large),
    model: resolve(out),
  };
}

/** Below every confidence: the small model answers everything. */
const ALWAYS = -1;

const sure = ({ small }: Answered, threshold: number): boolean => small.confidence > threshold;

const qualityOf = (text: string, reference: string): number => tokenF1(normalise(text), normalise(reference));

/** What each question loses by the rule, between -1 and 1. */
const lossesOf = (rows: readonly Answered[], threshold: number, metric: AdaptOptions['metric']): Float64Array =>
  Float64Array.from(rows, (row) => {
    if (!sure(row, threshold)) return 0;
    const { small, large, reference } = row;
    return metric === 'agreement'
      ? 1 - qualityOf(small.text, large.text)
      : qualityOf(large.text, reference) - qualityOf(small.text, reference);
  });

/** Milliseconds of all; where nothing is sure enough the small model is not asked. */
const timeOf = (rows: readonly Answered[], threshold: number): number =>
  rows.reduce((sum, row) => {
    const first = threshold < NEVER ? row.small.milliseconds : 0;
    return sum + first + (sure(row, threshold) ? 0 : row.large.milliseconds);
  }, 0);

interface Candidate {
  readonly threshold: number;
  /** Share of the questions that the large model is asked, on the rows that it was chosen on. */
  readonly asked: number;
}

/** Thresholds from careful to fast, chosen on rows that nothing is proved with. */
function propose(rows: readonly Answered[]): Candidate[] {
  const sorted = rows.map(({ small }) => small.confidence).sort((a, b) => b - a);
  const places = Array.from({ length: STEPS }, (_, i) => Math.floor(((i + 1) / STEPS) * (sorted.length - 1)));
  const thresholds = [...new Set(places.map((place) => sorted[place])), ALWAYS].filter((t) => t < NEVER);
  return thresholds.map((threshold) => ({
    threshold,
    asked: mean(rows.map((row) => Number(!sure(row, threshold)))),
  }));
}

/** Of each of the two sequences of tests. */
const levelOf = ({ confidence }: AdaptOptions): number => (1 - confidence) / 2;

async function assertUsable(folder: string, data: string): Promise<void> {
  if (await readAdaptiveNote(folder))
    throw new UserError('arguments/incompatible', `${folder} is adaptive already: give the model it was made from`);
  const { steps } = await readLineage(folder);
  if (steps.some(({ options }) => options.data === data))
    throw new UserError(
      'arguments/incompatible',
      `${folder} has learnt from ${data}: on rows that it knows it looks better than it is, give others`,
    );
}

async function readQuestions({ file, format, columns }: ChatData): Promise<Question[]> {
  const { rows } = await openExamples(file, { format, columns });
  const questions: Question[] = [];
  for await (const batch of rows) {
    for (const { example } of batch) {
      if (example?.kind === 'completion')
        questions.push({ messages: [{ role: 'user', content: example.prompt }], reference: example.completion });
      if (example?.kind !== 'chat') continue;
      const last = example.messages.findLastIndex(({ role }) => role === 'assistant');
      const content = example.messages[last]?.content;
      if (last > 0 && typeof content === 'string')
        questions.push({ messages: example.messages.slice(0, last), reference: content });
    }
  }
  return questions;
}

interface Parts {
  readonly tuning: readonly Question[];
  readonly calibration: readonly Question[];
  readonly test: readonly Question[];
}

/** Nothing is learnt: all rows serve the promise, in the proportion of their shares. */
function splitQuestions(rows: readonly Question[], { tuning, calibration, heldOut, seed }: AdaptOptions): Parts {
  const salt = Math.imul(seed + 1, 0x9e3779b1);
  const placed = rows
    .map((row) => ({ row, place: hashText(JSON.stringify(row.messages), salt) }))
    .sort((a, b) => a.place - b.place)
    .map(({ row }) => row);
  const whole = tuning + calibration + heldOut;
  const first = Math.round((tuning / whole) * rows.length);
  const second = first + Math.round((calibration / whole) * rows.length);
  return { tuning: placed.slice(0, first), calibration: placed.slice(first, second), test: placed.slice(second) };
}

function assertEnough({ tuning, calibration, test }: Parts, options: AdaptOptions): void {
  const { maxLoss, confidence } = options;
  const needed = requiredRows(netPValue, maxLoss, levelOf(options));
  const have = calibration.length;
  if (have >= needed && test.length > 0 && tuning.length > 0) return;
  const rows = tuning.length + have + test.length;
  const total = have === 0 ? needed * 2 : Math.ceil((rows * needed) / have);
  throw new UserError(
    'adapt/too-few-rows',
    `to promise a loss of at most ${maxLoss} with ${100 * confidence} % confidence takes ${needed} questions with answers to calibrate on, and there are ${have}: give about ${total} in all, or allow more`,
  );
}

async function askBoth(
  folders: { readonly small: string; readonly large: string },
  questions: readonly Question[],
  maxTokens: number,
  { threads, signal, onProgress }: ChatContext,
): Promise<Answered[]> {
  const small = await Speaker.open(folders.small, { threads, spin: false });
  let large: Speaker | undefined;
  try {
    large = await Speaker.open(folders.large, { threads, spin: false });
    const ask = async (speaker: Speaker, messages: readonly Message[]) => {
      const begin = performance.now();
      const spoken = await speaker.answer(messages, { maxTokens, signal });
      return { ...spoken, milliseconds: performance.now() - begin };
    };
    // The first answer of each only warms up.
    for (const speaker of [small, large]) await ask(speaker, questions[0].messages);
    const answered: Answered[] = [];
    for (const [i, question] of questions.entries()) {
      signal?.throwIfAborted();
      const { messages } = question;
      const first = i % 2 === 0 ? await ask(small, messages) : undefined;
      const second = await ask(large, messages);
      answered.push({ ...question, small: first ?? (await ask(small, messages)), large: second });
      onProgress?.('measuring', i + 1, questions.length);
    }
    return answered;
  } finally {
    small.dispose();
    large?.dispose();
  }
}

const partsOf = (rows: readonly Answered[]): Answered[][] => {
  const count = Math.min(ROUNDS, rows.length);
  return Array.from({ length: count }, (_, part) => rows.filter((__, i) => i % count === part));
};

function examplesOf(rows: readonly Answered[], threshold: number): ExitReport['examples'] {
  const shown = rows
    .map((row) => ({
      text: String(row.messages.at(-1)?.content ?? ''),
      label: row.reference,
      predicted: (sure(row, threshold) ? row.small : row.large).text,
      layers: sure(row, threshold) ? 1 : 2,
      confidence: row.small.confidence,
    }))
    .sort((a, b) => b.confidence - a.confidence)
    .map(({ confidence: _, ...example }) => example);
  return { easy: shown.slice(0, SHOWN), hard: shown.slice(-SHOWN).reverse() };
}

function proposalsOf(asked: number): string[] {
  return [
    ...(asked > 0.5
      ? [
          'Teach the small model more: distil the large one into it (lathe distill), so that it is sure of more answers.',
        ]
      : []),
    'Allow a larger loss, or calibrate on more questions.',
    'Quantize the large model, or give it exits (lathe adapt without --cascade).',
  ];
}
