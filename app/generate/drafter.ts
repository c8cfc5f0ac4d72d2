/** Proposes what may come next. A draft may be wrong: it is checked, and only costs time. */

export interface Draft {
  readonly ids: readonly number[];
  /**
   * How likely each id was to be proposed, where it was drawn at random: the probability of any id at that place. Absent:
   * the draft is the only one that could have come.
   */
  readonly probabilities?: readonly ((id: number) => number)[];
}

export interface Drafter {
  /** The token that came. */
  add(id: number): void;
  /** At most `most` ids that may come next; none where there is nothing to go by. */
  draft(most: number, signal?: AbortSignal): Draft | Promise<Draft>;
  /** @param right how many of the drafted ids were accepted */
  learn(drafted: number, right: number): void;
}

const MOST_DRAFTED = 7;
const FEWEST_DRAFTED = 2;

/** How many tokens are worth drafting: more while all are right, fewer when none is. */
export class DraftLength {
  #length: number;

  constructor(first = 3) {
    this.#length = first;
  }

  get length(): number {
    return this.#length;
  }

  learn(drafted: number, right: number): void {
    if (drafted === 0) return;
    if (right === drafted) this.#length = Math.min(MOST_DRAFTED, this.#length * 2 + 1);
    else if (right === 0) this.#length = Math.max(FEWEST_DRAFTED, this.#length >> 1);
    else this.#length = Math.max(FEWEST_DRAFTED, Math.min(this.#length, right + 1));
  }
}
