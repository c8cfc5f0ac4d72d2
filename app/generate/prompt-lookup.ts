/**
 * Drafts by look-up (Saxena 2023): what followed the last time the sequence ended like this is likely to follow again, as
 * where a text is summarised, corrected or quoted. No second model.
 */
import { type Draft, type Drafter, DraftLength } from './drafter.ts';

const LONGEST = 5;
const SHORTEST = 2;

export class PromptLookup implements Drafter {
  readonly #ids: number[] = [];
  /** Last tokens -> where what followed them begins, the latest place. */
  readonly #places = new Map<string, number>();
  readonly #length = new DraftLength();
  /** Tokens that must have been there before: more after a wrong draft, for a check costs as much as two or three steps. */
  #shortest = SHORTEST;

  constructor(prompt: Iterable<number>) {
    for (const id of prompt) this.add(id);
  }

  add(id: number): void {
    // The end itself is no place yet: nothing has followed it.
    for (let n = SHORTEST; n <= LONGEST && n <= this.#ids.length; n++) this.#places.set(this.#end(n), this.#ids.length);
    this.#ids.push(id);
  }

  #end(count: number): string {
    return this.#ids.slice(-count).join();
  }

  draft(most: number): Draft {
    for (let n = LONGEST; n >= this.#shortest; n--) {
      const place = this.#ids.length >= n ? this.#places.get(this.#end(n)) : undefined;
      if (place !== undefined) return { ids: this.#following(place, Math.min(most, this.#length.length)) };
    }
    return { ids: [] };
  }

  /** What came after a place; where that runs into the end it is taken to go round. */
  #following(place: number, count: number): number[] {
    const ids: number[] = [];
    for (let i = 0; i < count; i++) ids.push(this.#ids[place + i] ?? ids[place + i - this.#ids.length]);
    return ids;
  }

  learn(drafted: number, right: number): void {
    this.#length.learn(drafted, right);
    if (drafted === 0) return;
    if (right === drafted) this.#shortest = SHORTEST;
    else if (right === 0) this.#shortest = Math.min(LONGEST, this.#shortest + 1);
  }
}
