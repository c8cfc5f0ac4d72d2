/** WordPiece: the longest piece in the vocabulary, again and again from the left; a word that gets stuck is unknown. */
import { type Configuration, idAt, objectAt, textAt } from './configuration.ts';
import type { WordModel } from './model.ts';

export function createWordPiece(configuration: Configuration): WordModel {
  const vocabulary = new Map<string, number>();
  let longest = 1;
  for (const [token, id] of Object.entries(objectAt(configuration.vocab, 'model.vocab'))) {
    vocabulary.set(token, idAt(id, `model.vocab[${JSON.stringify(token)}]`));
    longest = Math.max(longest, token.length);
  }
  const unknownId = vocabulary.get(textAt(configuration.unk_token ?? '[UNK]', 'model.unk_token'));
  const prefix = textAt(configuration.continuing_subword_prefix ?? '##', 'model.continuing_subword_prefix');
  const limit = Number(configuration.max_input_chars_per_word ?? 100);
  return {
    vocabulary,
    unknownId,
    encode(word, target) {
      const begin = target.length;
      const stuck = (): void => {
        target.length = begin;
        if (unknownId !== undefined) target.push(unknownId);
      };
      if (word.length > limit && Array.from(word).length > limit) return stuck();
      for (let start = 0; start < word.length; ) {
        let end = Math.min(word.length, start + longest);
        let id: number | undefined;
        for (; end > start; end -= 1) {
          const piece = word.slice(start, end);
          id = vocabulary.get(start > 0 ? prefix + piece : piece);
          if (id !== undefined) break;
        }
        if (id === undefined) return stuck();
        target.push(id);
        start = end;
      }
    },
  };
}
