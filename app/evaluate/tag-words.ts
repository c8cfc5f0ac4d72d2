/** A model that tags words, kept open: the words of a text, each with its likeliest tag. */
import { UserError } from '../contract/errors.ts';
import { encodeWords } from '../models/encode-words.ts';
import { openModel } from '../models/model.ts';
import { loadTokenizer } from '../models/tokenizer.ts';
import { openWholeSession } from './whole-session.ts';

export interface TaggedWord {
  readonly word: string;
  readonly label: string;
  /** Of that tag. */
  readonly probability: number;
}

export interface WordTagger {
  readonly labels: readonly string[];
  tag(words: readonly string[]): Promise<TaggedWord[]>;
  dispose(): void;
}

/** Runs of letters and digits, and every other sign by itself, as tagged data sets part their texts. */
export const wordsOf = (text: string): string[] => text.match(/[\p{L}\p{M}\p{N}_]+|[^\s\p{L}\p{M}\p{N}_]/gu) ?? [];

/** @throws UserError arguments/incompatible for a model that tags no words; model/*, weights/*, tokenizer/* */
export async function openWordTagger(
  folder: string,
  { threads, maxLength = 512 }: { readonly threads?: number; readonly maxLength?: number } = {},
): Promise<WordTagger> {
  const model = await openModel(folder);
  const { task, config, configJson } = model;
  if (task.kind !== 'token-classification') {
    throw new UserError('arguments/incompatible', `${folder} tags no words: make a model that does by lathe transfer`);
  }
  const tokenizer = await loadTokenizer(folder);
  const longest = Math.min(maxLength, config.maxLength);
  const session = await openWholeSession(model, longest, threads);
  const names = (configJson.id2label ?? {}) as Record<string, string>;
  const labels = Array.from({ length: task.labels }, (_, id) => names[id] ?? `label ${id}`);
  return {
    labels,
    async tag(words) {
      if (words.length === 0) return [];
      const found: TaggedWord[] = [];
      for (const { ids, places } of encodeWords(tokenizer, words, longest)) {
        const logits = await session.run(ids, 'logits');
        for (const place of places) {
          const row = logits.subarray(place * labels.length, (place + 1) * labels.length);
          const best = row.reduce((most, value, tag) => (value > row[most] ? tag : most), 0);
          const sum = row.reduce((total, value) => total + Math.exp(value - row[best]), 0);
          found.push({ word: words[found.length], label: labels[best], probability: 1 / sum });
        }
      }
      return found;
    },
    dispose: () => session.dispose(),
  };
}
