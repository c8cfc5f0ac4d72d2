/** `lathe transfer`: a text classifier from a model and labelled texts, with its report and a plain baseline beside it. */
import { join } from 'node:path';
import { z } from 'zod';
import { transferSchema } from '../../techniques/transfer/schema.ts';
import { defineCommand } from '../command.ts';
import { table } from '../report.ts';

export const transfer = defineCommand({
  name: 'transfer',
  summary: 'Make a text classifier from a model and labelled texts',
  example: 'lathe transfer minilm --data mails.jsonl --task classification --text text --label label --out spam-filter',
  arguments: [{ name: 'model', help: 'folder or library id' }],
  options: transferSchema.extend({
    data: z.string().describe('Data set: JSONL, JSON, CSV, TSV, Parquet or a folder of them'),
    text: z.string().default('text').describe('Column that holds the texts'),
    label: z.string().default('label').describe('Column that holds the classes'),
    out: z.string().describe('Folder to write'),
    resume: z.boolean().default(false).describe('Continue a full tuning from its checkpoint'),
    eval: z.string().optional().describe('Measure on this data set instead of held-out rows'),
  }),
  async run([reference], { data, text, label, out, resume, eval: evaluation, ...options }, context) {
    const [{ resolveModel }, { transfer }, { recordReport }, { peakMemory }] = await Promise.all([
      import('../../models/library.ts'),
      import('../../techniques/transfer/transfer.ts'),
      import('../../models/lineage.ts'),
      import('../../profile/peak-memory.ts'),
    ]);
    const path = await resolveModel(reference, context.home);
    const bars = new Map<string, ReturnType<typeof context.progress>>();
    const result = await transfer(path, { file: data, columns: { text, label }, evaluation }, out, options, {
      threads: context.threads,
      signal: context.signal,
      resume,
      cacheFolder: join(context.home, 'cache', 'features'),
      onProgress(what, done, total) {
        const [words, unit] = what === 'encoding' ? ['Encoding', 'texts'] : ['Training', 'steps'];
        const bar = bars.get(what) ?? context.progress(words, total, unit);
        bars.set(what, bar);
        bar.update(done);
        if (done < total) return;
        bar.end();
        bars.delete(what);
      },
      onStep: (step) => context.metric?.({ ...step }),
    });
    const { accuracy, macroF1, baseline, epochs } = result;
    await recordReport(result.model, { accuracy, macroF1, baseline, losses: epochs.map(({ loss }) => loss) });
    return { ...result, peakMemoryBytes: peakMemory() };
  },
  print({ perClass, confusion, labels, accuracy, macroF1, ece, baseline, majority, epochs, cache, ...rest }) {
    const share = (value: number) => `${(100 * value).toFixed(1)} %`;
    const seconds = epochs.reduce((sum, epoch) => sum + epoch.seconds, 0);
    const encoded = cache.hit
      ? 'read from the cache'
      : `${cache.computed} computed in ${cache.seconds.toFixed(1)} s, ${cache.reused} read from the cache`;
    const scores = perClass.map(({ label, precision, recall, f1, support }) => [
      label,
      share(precision),
      share(recall),
      share(f1),
      String(support),
    ]);
    const lines = [
      `${rest.trainRows} texts to learn from, ${rest.testRows} to measure on; vectors ${encoded}`,
      `${epochs.length} epochs in ${seconds.toFixed(2)} s: loss ${epochs[0].loss.toFixed(4)} -> ${epochs.at(-1)!.loss.toFixed(4)}`,
      '',
      table([
        ['', 'accuracy', 'macro F1'],
        ['this model', share(accuracy), share(macroF1)],
        ['words alone (TF-IDF)', share(baseline.accuracy), share(baseline.macroF1)],
        ['always the largest class', share(majority.accuracy), share(majority.macroF1)],
      ]),
      '',
      table([['class', 'precision', 'recall', 'F1', 'texts'], ...scores]),
      `calibration error ${share(ece)}`,
    ];
    if (labels.length <= 12) {
      const rows = confusion.map((counts, c) => [labels[c], ...counts.map(String)]);
      lines.push('', table([['true \\ predicted', ...labels], ...rows]));
    }
    if (rest.choice) {
      const { learningRate, evalLoss, tried } = rest.choice;
      lines.push(
        '',
        `learning rate ${learningRate} and ${epochs.length} epochs had the least held-out loss, ${evalLoss.toFixed(4)}`,
      );
      if (tried.length > 1) lines.push(`of ${tried.map((t) => t.learningRate).join(', ')}`);
    }
    if (rest.cutRows > 0) lines.push('', `${rest.cutRows} texts are longer than what is read of them (--max-length)`);
    if (rest.problemCount > 0) lines.push('', `${rest.problemCount} rows were left out`);
    lines.push('', `model  ${rest.model}`, `ONNX   ${rest.onnx}`);
    return lines.join('\n');
  },
});
