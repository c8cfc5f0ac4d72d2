/** `lathe adapt`: computation that follows the difficulty of the input, with a promise about what is lost. */

import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import type { CascadeResult } from '../../techniques/adaptive/adapt-cascade.ts';
import type { ChatCascadeResult } from '../../techniques/adaptive/adapt-chat-cascade.ts';
import type { AdaptClassifierResult } from '../../techniques/adaptive/adapt-classifier.ts';
import type { AdaptDecoderResult } from '../../techniques/adaptive/decoder-result.ts';
import { adaptSchema } from '../../techniques/adaptive/schema.ts';
import { columnsFlag, readColumns } from '../columns.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { progressByKind } from '../progress.ts';
import { table } from '../report.ts';

type Adapted = AdaptClassifierResult | CascadeResult | ChatCascadeResult | AdaptDecoderResult;
type Result = Adapted & { readonly peakMemoryBytes: number };

export const adapt = defineCommand({
  name: 'adapt',
  summary: 'Let easy inputs stop early, with a promise about what is lost',
  example: 'lathe adapt minilm --data mails.jsonl --max-loss 0.01 --confidence 0.95 --out spam-filter-adaptive',
  arguments: [{ name: 'model', help: 'folder or library id' }],
  options: adaptSchema.extend({
    data: z.string().describe('Texts with classes for encoders and classifiers; any text or data set for decoders'),
    text: z.string().default('text').describe('Column that holds the texts'),
    label: z.string().default('label').describe('Column that holds the classes'),
    out: z.string().describe('Folder to write'),
    cascade: z
      .string()
      .optional()
      .describe(
        'Smaller model (folder or library id), asked before this one: a classifier with the same labels, or a chat model',
      ),
    eval: z.string().optional().describe('Classifiers: check on this data set instead of held-out rows'),
    columns: columnsFlag,
    format: z.string().optional().describe('Decoders: format of the data, where it is not recognised'),
  }),
  async run([reference], { data, text, label, out, cascade, eval: evaluation, columns, format, ...options }, context) {
    const [{ resolveModel }, { openStored }, { recordReport }, { peakMemory }] = await Promise.all([
      import('../../models/library.ts'),
      import('../../models/stored.ts'),
      import('../../models/lineage.ts'),
      import('../../profile/peak-memory.ts'),
    ]);
    const path = await resolveModel(reference, context.home);
    const model = await openStored(path);
    const named = readColumns(columns);
    const watch = watching(context);
    const labelled = { file: data, columns: { text, label, ...named }, evaluation };
    let result: Adapted;
    const continues = model.task.kind === 'next-token' && model.architecture.kind === 'decoder';
    if (options.keepExits && (!continues || cascade !== undefined))
      throw new UserError('arguments/incompatible', '--keep-exits is for the exits of a model that continues texts');
    if (cascade !== undefined && continues) {
      const { adaptChatCascade } = await import('../../techniques/adaptive/adapt-chat-cascade.ts');
      const folders = { small: await resolveModel(cascade, context.home), large: path };
      result = await adaptChatCascade(folders, { file: data, format, columns: named }, out, options, watch);
    } else if (cascade !== undefined) {
      const { adaptCascade } = await import('../../techniques/adaptive/adapt-cascade.ts');
      const folders = { small: await resolveModel(cascade, context.home), large: path };
      result = await adaptCascade(folders, labelled, out, options, watch);
    } else if (continues) {
      const [{ adaptDecoder }, { calibrationSequences }] = await Promise.all([
        import('../../techniques/adaptive/adapt-decoder.ts'),
        import('../calibration-data.ts'),
      ]);
      result = await adaptDecoder(
        model,
        await calibrationSequences(path, data, { format, columns: named }, context),
        out,
        options,
        watch,
      );
    } else {
      const { adaptClassifier } = await import('../../techniques/adaptive/adapt-classifier.ts');
      result = await adaptClassifier(path, labelled, out, options, watch);
    }
    const { meanLayersUsed, speedup, metric, guarantee, bestFixed } = result;
    await recordReport(result.model, { meanLayersUsed, speedup, metric, guarantee, bestFixed });
    return { ...result, peakMemoryBytes: peakMemory() };
  },
  print(result: Result) {
    const { guarantee, speedupRange, proposals } = result;
    const { maxLoss, confidence, calibrationRows, heldOut } = guarantee;
    const promise =
      guarantee.accepted > 0
        ? `Promise: at most ${points(maxLoss)} of ${guarantee.metric} lost, with ${share(confidence)} confidence (${calibrationRows} ${result.kind === 'decoder' ? 'windows' : 'rows'}, p ${guarantee.pValue.toPrecision(2)})`
        : `Nothing but the whole model keeps the promise of at most ${points(maxLoss)} lost with ${share(confidence)} confidence.`;
    return [
      promise,
      `Check on ${heldOut.rows} others: ${points(heldOut.loss)} lost, ${heldOut.kept ? 'kept' : 'broken'}`,
      '',
      ...linesOf(result),
      `measured in turns: ${speedupRange.map((x) => `${x.toFixed(2)}x`).join(' to ')}`,
      ...(proposals.length > 0 ? ['', 'What else to try:', ...proposals.map((way) => `  ${way}`)] : []),
      '',
      `model  ${result.model}`,
      ...(result.kind === 'classifier' ? [`ONNX   ${result.onnx}`] : []),
    ].join('\n');
  },
});

const share = (value: number): string => `${(100 * value).toFixed(1)} %`;
const points = (value: number): string => `${(100 * value).toFixed(2)} points`;
const times = (value: number): string => `${value.toFixed(2)}x`;

function linesOf(result: Adapted): string[] {
  if (result.kind === 'decoder') return decoderLines(result);
  return result.kind === 'classifier' ? classifierLines(result) : cascadeLines(result);
}

function cascadeLines(result: CascadeResult | ChatCascadeResult): string[] {
  const { exits, metric, askedLarge, speedup } = result;
  const [small] = exits;
  return [
    table([
      ['', 'asks the large one', metric.name, 'speed'],
      ['large model alone', share(1), share(metric.full), times(1)],
      ['cascade', share(askedLarge), share(metric.adaptive), times(speedup)],
      ['small model alone', share(0), share(small.accuracy), speedOfSmall(result)],
    ]),
  ];
}

/** Whatever it seems to lose: only what is proved keeps the promise. */
function speedOfSmall(result: CascadeResult | ChatCascadeResult): string {
  if (result.bestFixed.layer === 1) return times(result.bestFixed.speedup);
  return result.kind === 'chat-cascade' ? `${times(result.smallAlone.speedup)}, not proved` : '';
}

function classifierLines({
  layers,
  metric,
  meanLayersUsed,
  speedup,
  bestFixed,
  exits,
  compared,
}: AdaptClassifierResult): string[] {
  const fixed = [`always layer ${bestFixed.layer}`, String(bestFixed.layer), share(bestFixed.accuracy)];
  return [
    table([
      ['layer', 'accuracy', 'agreement', 'stop here'],
      ...exits.map((exit) => [String(exit.layer), share(exit.accuracy), share(exit.agreement), share(exit.share)]),
    ]),
    '',
    table([
      ['', 'layers', 'accuracy', 'speed'],
      ['whole model', String(layers), share(metric.full), '1.00x'],
      ['adaptive', meanLayersUsed.toFixed(2), share(metric.adaptive), times(speedup)],
      [...fixed, times(bestFixed.speedup)],
    ]),
    ...(compared
      ? [
          '',
          table([
            ['the same model stopped by', 'layers', 'accuracy'],
            ...Object.entries(compared).map(([way, { meanLayers, accuracy }]) => [
              way,
              meanLayers.toFixed(2),
              share(accuracy),
            ]),
          ]),
        ]
      : []),
  ];
}

const MEANS = {
  shortlist: 'the short list alone',
  exitsAlone: 'exits alone',
  exits: 'both',
  drafts: 'with drafts',
} as const;

function decoderLines(result: AdaptDecoderResult): string[] {
  const { layers, metric, meanLayersUsed, speedup, exits, shortlist, answered, generated, weightsRead, means } = result;
  return [
    table([
      ['exit after layer', 'says what the whole model says'],
      ...exits.map(({ layer, agreement }) => [String(layer), share(agreement)]),
      [`list of ${shortlist.tokens}`, share(shortlist.agreement)],
    ]),
    '',
    table([
      ['answered by', 'known text', 'generated'],
      ['the exit', share(answered.exit), share(generated.exit)],
      ['the short list', share(answered.shortlist), share(generated.shortlist)],
      ['the whole vocabulary', share(answered.full), share(generated.full)],
    ]),
    '',
    table([
      ['', 'layers', 'accuracy', 'weights read', 'speed'],
      ['whole model', String(layers), share(metric.full), '100.0 %', '1.00x'],
      ['adaptive', meanLayersUsed.toFixed(2), share(metric.adaptive), share(weightsRead), times(speedup)],
    ]),
    `of which ${means.map((one) => `${MEANS[one.name]} ${times(one.speedup)}`).join(', ')}`,
  ];
}

/** Progress of each kind of work on a bar of its own. */
function watching(context: CommandContext) {
  return {
    threads: context.threads,
    signal: context.signal,
    onProgress: progressByKind(context.progress, {
      reading: ['Reading', 'texts'],
      training: ['Training', 'steps'],
      measuring: ['Measuring', 'runs'],
    }),
    onStep: (step: Readonly<Record<string, number>>) => context.metric?.(step),
  };
}
