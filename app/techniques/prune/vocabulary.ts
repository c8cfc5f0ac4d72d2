/** Which tokens stay: those the data need, with the pieces they are merged from, and a set that keeps every text encodable. */
import { UserError } from '../../contract/errors.ts';
import { arrayAt, type Configuration, objectAt, textAt } from '../../models/tokenizers/configuration.ts';

export interface VocabularyPieces {
  /** Token -> id, without added tokens. */
  readonly ids: ReadonlyMap<string, number>;
  /** `left right` -> rank; empty where the tokenizer does not merge. */
  readonly ranks: ReadonlyMap<string, number>;
  /** Tokens from the most to the least frequent, as far as the file tells. */
  readonly frequency: readonly string[];
  /** The least likely piece of a unigram model: what an unknown character costs follows from it. */
  readonly worst?: string;
}

export const mergeKey = (left: string, right: string): string => `${left}\u0000${right}`;

/** The two sides of an entry of `merges`, which is a pair or a text with a space between. */
export function sidesOf(value: unknown): [string, string] {
  if (Array.isArray(value)) return [textAt(value[0], 'model.merges'), textAt(value[1], 'model.merges')];
  const text = textAt(value, 'model.merges');
  const space = text.indexOf(' ');
  return [text.slice(0, space), text.slice(space + 1)];
}

/** @param model the `model` section of tokenizer.json @throws UserError tokenizer/invalid */
export function readPieces(model: Configuration): VocabularyPieces {
  if (Array.isArray(model.vocab)) {
    const scored = model.vocab.map((entry, id) => {
      const [piece, score] = arrayAt(entry, `model.vocab[${id}]`);
      return { piece: textAt(piece, `model.vocab[${id}]`), score: Number(score), id };
    });
    const frequency = scored.toSorted((a, b) => b.score - a.score || a.id - b.id).map(({ piece }) => piece);
    return {
      ids: new Map(scored.map(({ piece, id }) => [piece, id])),
      ranks: new Map(),
      frequency,
      worst: frequency.at(-1),
    };
  }
  const ids = new Map(Object.entries(objectAt(model.vocab, 'model.vocab')).map(([token, id]) => [token, Number(id)]));
  for (const key of ['continuing_subword_prefix', 'end_of_word_suffix']) {
    if (model.type === 'BPE' && typeof model[key] === 'string' && model[key] !== '')
      throw new UserError('model/unsupported', `a vocabulary whose pieces carry a ${key} cannot be pruned yet`);
  }
  const merges = Array.isArray(model.merges) ? model.merges.map(sidesOf) : [];
  const ranks = new Map<string, number>();
  const frequency: string[] = [];
  for (const [rank, [left, right]] of merges.entries()) {
    ranks.set(mergeKey(left, right), rank);
    frequency.push(left + right);
  }
  if (merges.length === 0) frequency.push(...[...ids].toSorted((a, b) => a[1] - b[1]).map(([token]) => token));
  return { ids, ranks, frequency };
}

/**
 * The tokens that byte-pair encoding passes through on its way to `token`, itself included. Within a longer word the merges
 * inside a token happen in the same order, since none across its ends ever wins: so keeping these is enough for every text.
 */
export function mergePath(token: string, { ids, ranks }: VocabularyPieces): string[] {
  let symbols = Array.from(token);
  const path = new Set([token, ...symbols].filter((piece) => ids.has(piece)));
  while (symbols.length > 1) {
    let best = -1;
    let rank = Number.POSITIVE_INFINITY;
    for (let i = 0; i + 1 < symbols.length; i++) {
      const found = ranks.get(mergeKey(symbols[i], symbols[i + 1]));
      if (found === undefined || found >= rank) continue;
      best = i;
      rank = found;
    }
    if (best < 0) break;
    const merged = symbols[best] + symbols[best + 1];
    path.add(merged);
    symbols = [...symbols.slice(0, best), merged, ...symbols.slice(best + 2)];
  }
  return [...path];
}

const BYTE = /^<0x[0-9A-F]{2}>$/;

/** What any text can be spelt with: bytes where the vocabulary has them all, else its single characters. */
function alphabet({ ids }: VocabularyPieces): string[] {
  const bytes = [...ids.keys()].filter((token) => BYTE.test(token));
  return bytes.length === 256 ? bytes : [...ids.keys()].filter((token) => Array.from(token).length === 1);
}

export interface VocabularyChoice {
  /** Old ids in ascending order; the place in the list is the new id. */
  readonly kept: readonly number[];
  /** Distinct tokens that the data use. */
  readonly used: number;
}

export interface VocabularyWishes {
  /** Ids that the data are made of. */
  readonly used: ReadonlySet<number>;
  /** Ids that must stay: added tokens, and those that configurations name. */
  readonly named: Iterable<number>;
  readonly frequent: number;
  /** Fill up with the next most frequent tokens to this many. */
  readonly atLeast?: number;
}

export function chooseTokens(pieces: VocabularyPieces, wishes: VocabularyWishes): VocabularyChoice {
  const { ids } = pieces;
  const kept = new Set<number>(wishes.named);
  const add = (token: string) => {
    for (const piece of mergePath(token, pieces)) kept.add(ids.get(piece)!);
  };
  for (const token of alphabet(pieces)) kept.add(ids.get(token)!);
  if (pieces.worst !== undefined) kept.add(ids.get(pieces.worst)!);
  for (const [token, id] of ids) if (wishes.used.has(id)) add(token);
  const known = pieces.frequency.filter((token) => ids.has(token));
  for (const token of known.slice(0, wishes.frequent)) add(token);
  for (const token of known.slice(wishes.frequent)) {
    if (kept.size >= (wishes.atLeast ?? 0)) break;
    add(token);
  }
  return { kept: [...kept].sort((a, b) => a - b), used: wishes.used.size };
}
