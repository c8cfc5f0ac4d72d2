/** What turns one word into token ids; a tokenizer.json holds one of a few kinds. */
import { createBpe } from './bpe.ts';
import { invalid, isObject, objectAt } from './configuration.ts';
import { createUnigram } from './unigram.ts';
import { createWordLevel } from './word-level.ts';
import { createWordPiece } from './word-piece.ts';

export interface WordModel {
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly unknownId: number | undefined;
  /** Appends the ids of one word. */
  encode(word: string, target: number[]): void;
}

/** @throws UserError tokenizer/invalid */
export function createModel(value: unknown): WordModel {
  const configuration = objectAt(value, 'model');
  // Older files leave the type out: the fields tell.
  const type = configuration.type ?? guessType(configuration);
  switch (type) {
    case 'BPE':
      return createBpe(configuration);
    case 'WordPiece':
      return createWordPiece(configuration);
    case 'Unigram':
      return createUnigram(configuration);
    case 'WordLevel':
      return createWordLevel(configuration);
    default:
      throw invalid(`unknown model type ${JSON.stringify(type)}`);
  }
}

function guessType(configuration: Readonly<Record<string, unknown>>): string {
  if (Array.isArray(configuration.vocab)) return 'Unigram';
  if (configuration.merges !== undefined) return 'BPE';
  if (configuration.continuing_subword_prefix !== undefined) return 'WordPiece';
  return isObject(configuration.vocab) ? 'WordLevel' : 'missing';
}
