/** Whole words only: a word is in the vocabulary or it is unknown. */
import { type Configuration, idAt, objectAt } from './configuration.ts';
import type { WordModel } from './model.ts';

export function createWordLevel(configuration: Configuration): WordModel {
  const vocabulary = new Map<string, number>();
  for (const [token, id] of Object.entries(objectAt(configuration.vocab, 'model.vocab')))
    vocabulary.set(token, idAt(id, `model.vocab[${JSON.stringify(token)}]`));
  const unknownId = typeof configuration.unk_token === 'string' ? vocabulary.get(configuration.unk_token) : undefined;
  return {
    vocabulary,
    unknownId,
    encode(word, target) {
      const id = vocabulary.get(word) ?? unknownId;
      if (id !== undefined) target.push(id);
    },
  };
}
