/** `lathe classify`: what a classifier says of a text, of every text of a data set, or of the words of either. */
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import type { TaggedWord } from '../../evaluate/tag-words.ts';
import { defineCommand } from '../command.ts';
import { table } from '../report.ts';

/** Texts handed over at once, so that a long data set can be stopped. */
const BATCH = 32;

interface Said {
  readonly text: string;
  readonly label: string;
  /** See `Classified`; empty where each word is tagged. */
  readonly outputs: readonly number[];
  readonly cut: boolean;
  /** Of adaptive models, see `Classified`. */
  readonly layers?: number;
  readonly stage?: number;
  readonly words?: readonly TaggedWord[];
}

export const classify = defineCommand({
  name: 'classify',
  summary: 'Ask a classifier what a text is',
  example: 'lathe classify spam-filter --prompt "You have won a prize"',
  arguments: [{ name: 'model', help: 'folder or library id' }],
  options: z.object({
    prompt: z.string().optional().describe('The text'),
    data: z.string().optional().describe('Data set whose texts are classified'),
    text: z.string().default('text').describe('Column that holds the texts'),
    maxLength: z.number().int().min(8).optional().describe('Tokens of a text; longer ones are cut (default 512)'),
    threshold: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe('Adaptive models: from fast (0) to careful (1: the whole model); default what was proved'),
  }),
  async run([reference], { prompt, data, text, maxLength, threshold }, { home, threads, signal, progress }) {
    const [
      { resolveModel },
      { openTextClassifier },
      { openWordTagger, wordsOf },
      { readConfig },
      { describe },
      { readRows },
    ] = await Promise.all([
      import('../../models/library.ts'),
      import('../../evaluate/classify.ts'),
      import('../../evaluate/tag-words.ts'),
      import('../../models/model.ts'),
      import('../../models/architectures/index.ts'),
      import('../../datasets/index.ts'),
    ]);
    if ((prompt === undefined) === (data === undefined)) {
      throw new UserError('arguments/invalid', 'give either --prompt or --data');
    }
    const texts: string[] = prompt === undefined ? [] : [prompt];
    if (data !== undefined) {
      for await (const batch of readRows(data)) {
        for (const { value } of batch) if (typeof value?.[text] === 'string') texts.push(value[text]);
      }
      if (texts.length === 0) throw new UserError('dataset/no-column', `${data} has no texts in a column "${text}"`);
    }
    const path = await resolveModel(reference, home);
    if (describe(await readConfig(path)).task.kind === 'token-classification') {
      const tagger = await openWordTagger(path, { threads, maxLength });
      const bar = progress('Tagging', texts.length, 'texts');
      const results: Said[] = [];
      try {
        for (const one of texts) {
          signal.throwIfAborted();
          const words = await tagger.tag(wordsOf(one));
          results.push({ text: one, label: words.map(({ label }) => label).join(' '), outputs: [], cut: false, words });
          bar.update(results.length);
        }
        bar.end();
        return { labels: tagger.labels, problem: 'tokens' as const, results };
      } finally {
        tagger.dispose();
      }
    }
    const classifier = await openTextClassifier(path, { threads, maxLength, threshold });
    try {
      const { labels, problem } = classifier;
      const bar = progress('Classifying', texts.length, 'texts');
      const results: Said[] = [];
      for (let at = 0; at < texts.length; at += BATCH) {
        signal.throwIfAborted();
        const part = texts.slice(at, at + BATCH);
        const found = await classifier.classify(part);
        found.forEach(({ outputs, tokens: _, ...rest }, i) => {
          results.push({ text: part[i], label: labelOf(outputs, labels, problem), outputs: [...outputs], ...rest });
        });
        bar.update(results.length);
      }
      bar.end();
      return { labels, problem, results };
    } finally {
      classifier.dispose();
    }
  },
  print({ labels, problem, results }) {
    if (problem === 'tokens') {
      const lines = ({ words = [] }: Said) => words.map(({ word, label }) => `${word}\t${label}`).join('\n');
      return results.map(lines).join('\n\n');
    }
    if (results.length === 1 && problem !== 'regression') {
      const rows = labels.map((label, i) => ({ label, share: results[0].outputs[i] }));
      const sorted = rows.sort((a, b) => b.share - a.share).slice(0, 10);
      return table(sorted.map(({ label, share }) => [label, `${(100 * share).toFixed(1)} %`]));
    }
    return results.map(({ label, text }) => `${label}\t${text.replace(/\s+/g, ' ').slice(0, 120)}`).join('\n');
  },
});

function labelOf(outputs: readonly number[], labels: readonly string[], problem: string): string {
  if (problem === 'regression') return outputs.map((v) => v.toFixed(3)).join(', ');
  if (problem === 'multi') return labels.filter((_, i) => outputs[i] >= 0.5).join(', ');
  return labels[outputs.indexOf(Math.max(...outputs))];
}
