/**
 * Puts a small chat model before a large one, which is asked only where the small one's answer is not likely enough to
 * itself; how likely it must be is proved as for exits (Learn then Test), on answers that both have written.
 */
import { resolve } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { mean } from '../../evaluate/statistics.ts';
import { assertReplaceable } from '../../files/atomic.ts';
import { NEVER } from '../../models/adaptive-note.ts';
import { readLineage } from '../../models/lineage.ts';
import { type Answered, askBoth, type ChatContext } from './ask-both.ts';
import { assertPlain, writeCascade } from './cascade-folder.ts';
import { type ChatData, type QuestionParts, readQuestions, splitQuestions } from './chat-questions.ts';
import { ALWAYS, evenConfidences, lossesOf, partsOf, propose, qualityOf, sure, timeOf } from './chat-thresholds.ts';
import type { ExitReport } from './exit-report.ts';
import { levelOfTwo, netPValue, requiredRows, testInSequence } from './risk.ts';
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
  /** The small model without the large one: how fast it is, and the evidence against a larger loss than allowed. */
  readonly smallAlone: {
    readonly speedup: number;
    readonly loss: number;
    readonly pValue: number;
    readonly proved: boolean;
  };
  /** Share of held-out questions that the large model was asked. */
  readonly askedLarge: number;
  readonly rows: { readonly tuning: number; readonly calibration: number; readonly test: number };
  readonly dial: readonly { readonly loss: number; readonly meanLayers: number }[];
  readonly small: string;
  readonly large: string;
  readonly model: string;
}

const WORTH = 1.05;
const SHOWN = 6;
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
  await assertPlain(folders);
  for (const folder of Object.values(folders)) await assertUnseen(folder, resolve(data.file));
  const parts = splitQuestions(await readQuestions(data), options);
  assertEnough(parts, options);
  const all = [...parts.tuning, ...parts.calibration, ...parts.test];
  const answers = await askBoth(folders, all, options.answerTokens, context);
  const tuning = answers.slice(0, parts.tuning.length);
  const proving = answers.slice(parts.tuning.length, parts.tuning.length + parts.calibration.length);
  const test = answers.slice(parts.tuning.length + parts.calibration.length);

  const { metric, maxLoss, confidence } = options;
  const level = levelOfTwo(options);
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
  const smallPValue = pValueOf(ALWAYS);
  const smallSuffices = smallPValue <= level;
  const smallSpeedup = timeOf(test, NEVER) / timeOf(test, ALWAYS);
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
    metric: metric === 'accuracy' ? ('token F1' as const) : metric,
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
  // The small model alone at the same promise, where it is: a cascade has to be faster than that.
  const fixed = smallSuffices ? smallSpeedup : 1;
  const worthwhile = speedup >= WORTH && speedup > fixed;
  const { answerTokens } = options;
  const confidences = evenConfidences(proving);
  const note = { version: 1, kind: 'chat-cascade', threshold, confidences, answerTokens, dial, guarantee };
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
    smallAlone: { speedup: smallSpeedup, loss: alone, pValue: smallPValue, proved: smallSuffices },
    askedLarge: asked,
    bestFixed: {
      layer: smallSuffices ? 1 : 2,
      accuracy: smallSuffices ? quality(({ small }) => small.text) : full,
      loss: smallSuffices ? alone : 0,
      speedup: fixed,
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
    proposals: worthwhile ? [] : proposalsOf(asked, smallSuffices ? fixed : undefined),
    rows: { tuning: tuning.length, calibration: proving.length, test: test.length },
    dial: dial.map(({ loss, meanLayers }) => ({ loss, meanLayers })),
    small: resolve(folders.small),
    large: resolve(folders.large),
    model: resolve(out),
  };
}

async function assertUnseen(folder: string, data: string): Promise<void> {
  const { steps } = await readLineage(folder);
  if (steps.some(({ options }) => options.data === data))
    throw new UserError(
      'arguments/incompatible',
      `${folder} has learnt from ${data}: on rows that it knows it looks better than it is, give others`,
    );
}

function assertEnough({ tuning, calibration, test }: QuestionParts, options: AdaptOptions): void {
  const { maxLoss, confidence } = options;
  const needed = requiredRows(netPValue, maxLoss, levelOfTwo(options));
  const have = calibration.length;
  if (have >= needed && test.length > 0 && tuning.length > 0) return;
  const rows = tuning.length + have + test.length;
  const total = have === 0 ? needed * 2 : Math.ceil((rows * needed) / have);
  throw new UserError(
    'adapt/too-few-rows',
    `to promise a loss of at most ${maxLoss} with ${100 * confidence} % confidence takes ${needed} questions with answers to calibrate on, and there are ${have}: give about ${total} in all, or allow more`,
  );
}

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

/** @param alone how much faster the small model is, where it keeps the promise alone */
function proposalsOf(asked: number, alone: number | undefined): string[] {
  if (alone !== undefined)
    return [
      `Use the small model alone: ${alone.toFixed(2)} times as fast at the same promise, without asking the large one.`,
      'Teach the large model as well, if it should know more than the small one (lathe finetune).',
    ];
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
