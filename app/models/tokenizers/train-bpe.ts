/** Learns a byte-level byte-pair encoding from text (Sennrich et al. 2016; byte level as in GPT-2). */
import { toByteCharacters } from './byte-level.ts';
import { createPreTokenizer } from './pre-tokenizers.ts';

export interface TrainBpeOptions {
  /** Size of the vocabulary, special tokens and the 256 bytes included. */
  readonly vocabulary: number;
  /** They get the first ids, in this order. */
  readonly special: readonly string[];
}

const BYTE_LEVEL = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
const PRE_TOKENIZER = { type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits: true }, BYTE_LEVEL] };

interface Word {
  readonly count: number;
  symbols: number[];
}

/**
 * The most frequent pair becomes one symbol, until the vocabulary is full; ties go to the pair met first.
 * @returns the content of a tokenizer.json
 */
export function trainBpe(texts: Iterable<string>, { vocabulary, special }: TrainBpeOptions): Record<string, unknown> {
  const counts = countWords(texts);
  const tokens = [...special, ...byteAlphabet()];
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const words: Word[] = [...counts].map(([word, count]) => ({
    count,
    symbols: Array.from(word, (character) => ids.get(character)!),
  }));
  const merges: string[] = [];
  const pairs = new PairCounts(words);
  while (tokens.length < vocabulary) {
    const best = pairs.best();
    if (!best) break;
    const [left, right] = best;
    const merged = tokens[left] + tokens[right];
    merges.push(`${tokens[left]} ${tokens[right]}`);
    pairs.merge(left, right, tokens.push(merged) - 1);
  }
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: PRE_TOKENIZER,
    post_processor: null,
    decoder: { ...BYTE_LEVEL, add_prefix_space: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
}

function countWords(texts: Iterable<string>): Map<string, number> {
  const { split } = createPreTokenizer(PRE_TOKENIZER);
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const word of split(text, true)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return new Map([...counts].map(([word, count]) => [toByteCharacters(word), count]));
}

function byteAlphabet(): string[] {
  const printable = (byte: number) => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  const all = Array.from({ length: 256 }, (_, byte) => byte);
  const others = all.filter((byte) => !printable(byte)).map((_, i) => String.fromCharCode(256 + i));
  return [...all.filter(printable).map((byte) => String.fromCharCode(byte)), ...others];
}

/** How often each pair of neighbours occurs, kept up to date while pairs are merged. */
class PairCounts {
  readonly #words: Word[];
  readonly #counts = new Map<number, number>();
  /** Words in which a pair has been met; it may be gone by now. */
  readonly #places = new Map<number, Set<number>>();

  constructor(words: Word[]) {
    this.#words = words;
    words.forEach((word, index) => {
      this.#add(word, index, 1);
    });
  }

  static readonly #BASE = 2 ** 22;
  #key = (left: number, right: number): number => left * PairCounts.#BASE + right;

  #add({ symbols, count }: Word, index: number, sign: 1 | -1): void {
    for (let i = 0; i + 1 < symbols.length; i++) {
      const key = this.#key(symbols[i], symbols[i + 1]);
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + sign * count);
      if (sign < 0) continue;
      const places = this.#places.get(key);
      if (places) places.add(index);
      else this.#places.set(key, new Set([index]));
    }
  }

  best(): readonly [number, number] | undefined {
    let best = -1;
    let most = 1;
    for (const [key, count] of this.#counts) {
      if (count > most) {
        most = count;
        best = key;
      }
    }
    return best < 0 ? undefined : [Math.floor(best / PairCounts.#BASE), best % PairCounts.#BASE];
  }

  merge(left: number, right: number, merged: number): void {
    const key = this.#key(left, right);
    for (const index of this.#places.get(key) ?? []) {
      const word = this.#words[index];
      this.#add(word, index, -1);
      const symbols: number[] = [];
      for (let i = 0; i < word.symbols.length; i++) {
        const pair = word.symbols[i] === left && word.symbols[i + 1] === right;
        symbols.push(pair ? merged : word.symbols[i]);
        if (pair) i += 1;
      }
      word.symbols = symbols;
      this.#add(word, index, 1);
    }
    this.#counts.delete(key);
    this.#places.delete(key);
  }
}
