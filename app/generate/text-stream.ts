/**
 * Turns ids into text as they come: whole characters only, and nothing that may yet turn out to be the beginning of a stop
 * string. Only the last few ids are decoded again, so a long answer costs no more a token than a short one.
 */
import type { Tokenizer } from '../models/tokenizer.ts';

/** What an incomplete character decodes to. */
const REPLACEMENT = '\uFFFD';

export class TextStream {
  readonly #tokenizer: Tokenizer;
  readonly #stops: readonly string[];
  readonly #ids: number[] = [];
  /** Ids from here on are decoded: those before `#read` are context, for tokenizers that join pieces. */
  #context = 0;
  #read = 0;
  /** Given out. */
  #text = '';
  /** Decoded, but perhaps the beginning of a stop string. */
  #held = '';
  #stopped = false;

  /** @param stops the text ends before the first of these; empty ones are ignored */
  constructor(tokenizer: Tokenizer, stops: readonly string[] = []) {
    this.#tokenizer = tokenizer;
    this.#stops = [...new Set(stops)].filter((stop) => stop !== '');
  }

  /** Whether a stop string has come. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Everything given out so far. */
  get text(): string {
    return this.#text;
  }

  /** @returns the next piece of text that is certain; may be empty */
  push(id: number): string {
    if (this.#stopped) return '';
    this.#ids.push(id);
    const before = this.#decode(this.#context, this.#read);
    const after = this.#decode(this.#context);
    if (after.length <= before.length || after.endsWith(REPLACEMENT)) return '';
    this.#context = this.#read;
    this.#read = this.#ids.length;
    return this.#release(after.slice(before.length), false);
  }

  /** @returns the rest: what was held back, and characters that stayed incomplete */
  finish(): string {
    if (this.#stopped) return '';
    const rest = this.#decode(this.#context).slice(this.#decode(this.#context, this.#read).length);
    return this.#release(rest, true);
  }

  #decode(begin: number, end?: number): string {
    return this.#tokenizer.decode(this.#ids.slice(begin, end), { skipSpecial: true });
  }

  #release(fresh: string, last: boolean): string {
    const pending = this.#held + fresh;
    const places = this.#stops.map((stop) => pending.indexOf(stop)).filter((at) => at >= 0);
    this.#stopped = places.length > 0;
    const certain = this.#stopped ? Math.min(...places) : pending.length - (last ? 0 : this.#doubtful(pending));
    const piece = pending.slice(0, certain);
    this.#held = this.#stopped ? '' : pending.slice(certain);
    this.#text += piece;
    return piece;
  }

  /** Length of the longest end of `text` with which a stop string begins. */
  #doubtful(text: string): number {
    let longest = 0;
    for (const stop of this.#stops) {
      for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
        if (text.endsWith(stop.slice(0, length))) longest = length;
      }
    }
    return longest;
  }
}

/** The text that each token adds: none where a character is not whole yet. */
export function piecesOf(tokenizer: Tokenizer, ids: readonly number[]): string[] {
  const stream = new TextStream(tokenizer);
  return ids.map((id) => stream.push(id));
}
