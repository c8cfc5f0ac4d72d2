/** `lathe transfer`: a text classifier from a model and labelled texts, with its report and a plain baseline beside it. */

import { join } from 'node:path';
import { z } from 'zod';
import { transferSchema } from '../../techniques/transfer/schema.ts';
import { defineCommand } from '../command.ts';
import { progressByKind } from '../progress.ts';
import { type TransferFigures, transferWords } from '../transfer-words.ts';

export const transfer = defineCommand({
  name: 'transfer',
  summary: 'Make a classifier of texts from a model and labelled texts',
  example: 'lathe transfer minilm --data mails.jsonl --task classification --text text --label label --out spam-filter',
  arguments: [{ name: 'model', help: 'folder or library id' }],
  options: transferSchema.extend({
    data: z
      .string()
      .describe('Data set: JSONL, JSON, CSV, TSV, Parquet or a folder of them; for tags also lines of word and tag'),
    text: z
      .string()
      .default('text')
      .describe('Column that holds the texts, or lists of words, or the first texts of pairs'),
    label: z
      .string()
      .default('label')
      .describe('Column that holds the classes, labels, numbers or lists of tags; the scores of pairs'),
    other: z.string().default('text_b').describe('Column that holds the second texts of pairs'),
    negative: z
      .string()
      .default('negative')
      .describe('Column that holds texts that are not alike the first ones, where pairs are triples'),
    out: z.string().describe('Folder to write'),
    resume: z.boolean().default(false).describe('Continue a full tuning from its checkpoint'),
    eval: z.string().optional().describe('Measure on this data set instead of held-out rows'),
  }),
  async run([reference], { data, text, label, other, negative, out, resume, eval: evaluation, ...options }, context) {
    const [{ resolveModel }, { transfer }, { recordReport }, { peakMemory }] = await Promise.all([
      import('../../models/library.ts'),
      import('../../techniques/transfer/transfer.ts'),
      import('../../models/lineage.ts'),
      import('../../profile/peak-memory.ts'),
    ]);
    const path = await resolveModel(reference, context.home);
    const result = await transfer<TransferFigures>(
      path,
      { file: data, columns: { text, label, other, negative }, evaluation },
      out,
      options,
      {
        threads: context.threads,
        signal: context.signal,
        resume,
        cacheFolder: join(context.home, 'cache', 'features'),
        onProgress: progressByKind(context.progress, {
          encoding: ['Encoding', 'texts'],
          training: ['Training', 'steps'],
        }),
        onStep: (step) => context.metric?.({ ...step }),
      },
    );
    const { accuracy, macroF1, entities, before, after, rootMeanSquaredError, baseline, epochs } = result;
    const losses = epochs.map(({ loss }) => loss);
    await recordReport(result.model, {
      accuracy,
      macroF1,
      entities,
      before,
      after,
      rootMeanSquaredError,
      baseline,
      losses,
    });
    return { ...result, peakMemoryBytes: peakMemory() };
  },
  print: transferWords,
});
