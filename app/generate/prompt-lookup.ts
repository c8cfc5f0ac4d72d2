/**
 * Drafts by look-up (Saxena 2023): what followed the last time the sequence ended like this is likely to follow again, as
 * where a text is summarised, corrected or quoted. No second model; the drafts are checked, so the output stays the same.
 */
const LONGEST = 3;
const SHORTEST = 2;
const MOST_DRAFTED = 8;
const FEWEST_DRAFTED = 2;

export class PromptLookup {
  readonly #ids: number[] = [];
  /** Last tokens -> where what followed them begins, the latest place. */
  readonly #places = new Map<string, number>();
  /** Grows while drafts are right, shrinks when they are not. */
  #length = 4;

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

  /** At most `most` ids that may come next; none where the end is new. */
  draft(most: number): number[] {
    for (let n = LONGEST; n >= SHORTEST; n--) {
      const place = this.#ids.length >= n ? this.#places.get(this.#end(n)) : undefined;
      if (place !== undefined) return this.#ids.slice(place, place + Math.min(most, this.#length));
    }
    return [];
  }

  /** @param right how many of the drafted ids were accepted */
  learn(drafted: number, right: number): void {
    if (right === drafted) this.#length = Math.min(MOST_DRAFTED, this.#length * 2);
    else if (right === 0) this.#length = Math.max(FEWEST_DRAFTED, this.#length >> 1);
  }
}
