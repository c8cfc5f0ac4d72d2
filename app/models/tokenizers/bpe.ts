/** Byte-pair encoding on token ids: the lowest-ranked neighbouring pair is merged first, leftmost on ties. */
import { arrayAt, type Configuration, idAt, invalid, objectAt, textAt } from './configuration.ts';
import type { WordModel } from './model.ts';
import { PairRanks } from './pair-ranks.ts';

/** Words up to this many symbols are merged by scanning; longer ones need the heap to stay fast. */
const SCAN_LIMIT = 48;

export function createBpe(configuration: Configuration): WordModel {
  return new Bpe(configuration);
}

class Bpe implements WordModel {
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly unknownId: number | undefined;
  readonly #merges: PairRanks;
  readonly #ignoreMerges: boolean;
  readonly #byteFallback: boolean;
  readonly #fuseUnknown: boolean;
  readonly #prefix: string;
  readonly #suffix: string;

  constructor(configuration: Configuration) {
    const vocabulary = new Map<string, number>();
    for (const [token, id] of Object.entries(objectAt(configuration.vocab, 'model.vocab')))
      vocabulary.set(token, idAt(id, `model.vocab[${JSON.stringify(token)}]`));
    this.vocabulary = vocabulary;
    this.unknownId = typeof configuration.unk_token === 'string' ? vocabulary.get(configuration.unk_token) : undefined;
    this.#ignoreMerges = configuration.ignore_merges === true;
    this.#byteFallback = configuration.byte_fallback === true;
    this.#fuseUnknown = configuration.fuse_unk === true;
    this.#prefix =
      typeof configuration.continuing_subword_prefix === 'string' ? configuration.continuing_subword_prefix : '';
    this.#suffix = typeof configuration.end_of_word_suffix === 'string' ? configuration.end_of_word_suffix : '';
    const merges = arrayAt(configuration.merges, 'model.merges');
    this.#merges = new PairRanks(merges.length);
    for (let rank = 0; rank < merges.length; rank += 1) this.#addMerge(merges[rank], rank);
  }

  #addMerge(value: unknown, rank: number): void {
    const [left, right] = Array.isArray(value) ? value : splitMerge(textAt(value, 'model.merges'));
    const a = this.vocabulary.get(left);
    const b = this.vocabulary.get(right);
    const skipped = this.#prefix.length > 0 && typeof right === 'string' ? this.#prefix.length : 0;
    const merged = this.vocabulary.get(`${left}${String(right).slice(skipped)}`);
    if (a === undefined || b === undefined || merged === undefined)
      throw invalid(`merge ${rank} (${JSON.stringify(value)}) names a token that is not in the vocabulary`);
    this.#merges.set(a, b, rank, merged);
  }

  encode(word: string, target: number[]): void {
    if (this.#ignoreMerges) {
      const whole = this.vocabulary.get(word);
      if (whole !== undefined) {
        target.push(whole);
        return;
      }
    }
    const symbols = this.#symbols(word);
    const merged = symbols.length <= SCAN_LIMIT ? this.#mergeByScan(symbols) : this.#mergeByHeap(symbols);
    for (const id of merged) target.push(id);
  }

  #symbols(word: string): number[] {
    const characters = Array.from(word);
    const symbols: number[] = [];
    let afterUnknown = false;
    for (let i = 0; i < characters.length; i += 1) {
      const start = i > 0 ? this.#prefix : '';
      const end = i === characters.length - 1 ? this.#suffix : '';
      const id = this.vocabulary.get(start + characters[i] + end);
      if (id !== undefined) {
        symbols.push(id);
        afterUnknown = false;
        continue;
      }
      const bytes = this.#byteFallback ? this.#byteTokens(start + characters[i] + end) : undefined;
      if (bytes) {
        symbols.push(...bytes);
        afterUnknown = false;
      } else if (this.unknownId !== undefined) {
        if (!(this.#fuseUnknown && afterUnknown)) symbols.push(this.unknownId);
        afterUnknown = true;
      }
    }
    return symbols;
  }

  #byteTokens(text: string): number[] | undefined {
    const ids: number[] = [];
    for (const byte of Buffer.from(text)) {
      const id = this.vocabulary.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
      if (id === undefined) return undefined;
      ids.push(id);
    }
    return ids;
  }

  #mergeByScan(symbols: number[]): number[] {
    let length = symbols.length;
    while (length > 1) {
      let best = -1;
      let bestRank = Number.MAX_SAFE_INTEGER;
      let bestSlot = -1;
      for (let i = 0; i + 1 < length; i += 1) {
        const slot = this.#merges.find(symbols[i], symbols[i + 1]);
        if (slot >= 0 && this.#merges.rankAt(slot) < bestRank) {
          best = i;
          bestRank = this.#merges.rankAt(slot);
          bestSlot = slot;
        }
      }
      if (best < 0) break;
      symbols[best] = this.#merges.mergedAt(bestSlot);
      for (let i = best + 1; i + 1 < length; i += 1) symbols[i] = symbols[i + 1];
      length -= 1;
    }
    symbols.length = length;
    return symbols;
  }

  /** A linked list of symbols and a heap of candidate pairs, ordered by rank and then position. */
  #mergeByHeap(symbols: number[]): number[] {
    const count = symbols.length;
    const next = Int32Array.from(symbols, (_, i) => (i + 1 < count ? i + 1 : -1));
    const previous = Int32Array.from(symbols, (_, i) => i - 1);
    const heap = new CandidateHeap();
    const propose = (left: number): void => {
      const right = left < 0 ? -1 : next[left];
      if (right < 0) return;
      const slot = this.#merges.find(symbols[left], symbols[right]);
      if (slot >= 0) heap.push({ rank: this.#merges.rankAt(slot), left, a: symbols[left], b: symbols[right], slot });
    };
    for (let i = 0; i + 1 < count; i += 1) propose(i);
    for (let top = heap.pop(); top; top = heap.pop()) {
      const right = next[top.left];
      // A candidate is stale once either of its symbols was merged away.
      if (right < 0 || symbols[top.left] !== top.a || symbols[right] !== top.b) continue;
      symbols[top.left] = this.#merges.mergedAt(top.slot);
      symbols[right] = -1;
      next[top.left] = next[right];
      if (next[right] >= 0) previous[next[right]] = top.left;
      propose(previous[top.left]);
      propose(top.left);
    }
    const result: number[] = [];
    for (let i = 0; i >= 0 && i < count; i = next[i]) result.push(symbols[i]);
    return result;
  }
}

function splitMerge(text: string): [string, string] {
  const space = text.indexOf(' ');
  if (space < 0) throw invalid(`the merge ${JSON.stringify(text)} has no second part`);
  return [text.slice(0, space), text.slice(space + 1)];
}

interface Candidate {
  readonly rank: number;
  readonly left: number;
  readonly a: number;
  readonly b: number;
  readonly slot: number;
}

function before(x: Candidate, y: Candidate): boolean {
  return x.rank < y.rank || (x.rank === y.rank && x.left < y.left);
}

class CandidateHeap {
  readonly #items: Candidate[] = [];

  push(item: Candidate): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(item, items[parent])) break;
      items[at] = items[parent];
      at = parent;
    }
    items[at] = item;
  }

  pop(): Candidate | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (!last || items.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && before(items[child + 1], items[child])) child += 1;
      if (!before(items[child], last)) break;
      items[at] = items[child];
      at = child;
    }
    items[at] = last;
    return top;
  }
}
