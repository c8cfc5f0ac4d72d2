/** `lathe adapt`: computation that follows the difficulty of the input, with a promise about what is lost. */
import { z } from 'zod';
import { adaptSchema } from '../../techniques/adaptive/schema.ts';
import { defineCommand } from '../command.ts';
import { table } from '../report.ts';

export const adapt = defineCommand({
  name: 'adapt',
  summary: 'Let easy inputs stop early, with a promise about what is lost',
  example: 'lathe adapt minilm --data mails.jsonl --max-loss 0.01 --confidence 0.95 --out spam-filter-adaptive',
  arguments: [{ name: 'model', help: 'folder or library id' }],
  options: adaptSchema.extend({
    data: z.string().describe('Data set with texts and classes: JSONL, JSON, CSV, TSV, Parquet or a folder of them'),
    text: z.string().default('text').describe('Column that holds the texts'),
    label: z.string().default('label').describe('Column that holds the classes'),
    out: z.string().describe('Folder to write'),
    eval: z.string().optional().describe('Check on this data set instead of held-out rows'),
  }),
  async run([reference], { data, text, label, out, eval: evaluation, ...options }, context) {
    const [{ resolveModel }, { adaptClassifier }, { recordReport }, { peakMemory }] = await Promise.all([
      import('../../models/library.ts'),
      import('../../techniques/adaptive/adapt-classifier.ts'),
      import('../../models/lineage.ts'),
      import('../../profile/peak-memory.ts'),
    ]);
    const path = await resolveModel(reference, context.home);
    const bars = new Map<string, ReturnType<typeof context.progress>>();
    const WORDS = { reading: ['Reading', 'texts'], training: ['Training', 'steps'], measuring: ['Measuring', 'runs'] };
    const result = await adaptClassifier(path, { file: data, columns: { text, label }, evaluation }, out, options, {
      threads: context.threads,
      signal: context.signal,
      onProgress(what, done, total) {
        const [words, unit] = WORDS[what];
        const bar = bars.get(what) ?? context.progress(words, total, unit);
        bars.set(what, bar);
        bar.update(done);
        if (done < total) return;
        bar.end();
        bars.delete(what);
      },
      onStep: (step) => context.metric?.(step),
    });
    const { meanLayersUsed, speedup, metric, guarantee, bestFixed } = result;
    await recordReport(result.model, { meanLayersUsed, speedup, metric, guarantee, bestFixed });
    return { ...result, peakMemoryBytes: peakMemory() };
  },
  print({ guarantee, metric, layers, meanLayersUsed, speedup, speedupRange, bestFixed, exits, proposals, ...rest }) {
    const share = (value: number) => `${(100 * value).toFixed(1)} %`;
    const points = (value: number) => `${(100 * value).toFixed(2)} points`;
    const { maxLoss, confidence, calibrationRows, heldOut } = guarantee;
    const promise =
      guarantee.accepted > 0
        ? `Promise: at most ${points(maxLoss)} of ${guarantee.metric} lost, with ${share(confidence)} confidence (${calibrationRows} rows, p ${guarantee.pValue.toPrecision(2)})`
        : `Nothing but the whole model keeps the promise of at most ${points(maxLoss)} lost with ${share(confidence)} confidence.`;
    return [
      promise,
      `Check on ${heldOut.rows} other rows: ${points(heldOut.loss)} lost, ${heldOut.kept ? 'kept' : 'broken'}`,
      '',
      table([
        ['', 'layers', 'accuracy', 'speed'],
        ['whole model', String(layers), share(metric.full), '1.00x'],
        ['adaptive', meanLayersUsed.toFixed(2), share(metric.adaptive), `${speedup.toFixed(2)}x`],
        [
          `always layer ${bestFixed.layer}`,
          String(bestFixed.layer),
          share(bestFixed.accuracy),
          `${bestFixed.speedup.toFixed(2)}x`,
        ],
      ]),
      `measured in turns, text by text: ${speedupRange.map((x) => `${x.toFixed(2)}x`).join(' to ')}`,
      '',
      table([
        ['layer', 'accuracy', 'agreement', 'stop here'],
        ...exits.map((exit) => [String(exit.layer), share(exit.accuracy), share(exit.agreement), share(exit.share)]),
      ]),
      ...(proposals.length > 0 ? ['', 'What else to try:', ...proposals.map((way) => `  ${way}`)] : []),
      '',
      `model  ${rest.model}`,
      `ONNX   ${rest.onnx}`,
    ].join('\n');
  },
});
