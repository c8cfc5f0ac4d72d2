/** How often guesses turned out right, by how sure they were of themselves: which of them are worth following. */

/** Guesses are kept apart by so many steps of confidence. */
const STEPS = 5;
/** Guesses of a step beyond which what came before counts half: texts change. */
const REMEMBERED = 32;
/** What is left of the memory of a step each time that it is not followed: it is tried again some day. */
const FORGOTTEN = 0.95;

export class Trust {
  readonly #needed: number;
  /** Guesses that were followed, and those that were right, by the step of their confidence. */
  readonly #all = new Array<number>(STEPS).fill(0);
  readonly #right = new Array<number>(STEPS).fill(0);

  /** @param needed share of guesses that must be right */
  constructor(needed: number) {
    this.#needed = needed;
  }

  /** Whether a guess is worth following. Nothing is known against what was never tried. */
  follows(confidence: number): boolean {
    const step = stepOf(confidence);
    if ((this.#right[step] + 1) / (this.#all[step] + 1) >= this.#needed) return true;
    this.#all[step] *= FORGOTTEN;
    this.#right[step] *= FORGOTTEN;
    return false;
  }

  learn(confidence: number, right: boolean): void {
    const step = stepOf(confidence);
    this.#all[step] += 1;
    this.#right[step] += Number(right);
    if (this.#all[step] <= REMEMBERED) return;
    this.#all[step] /= 2;
    this.#right[step] /= 2;
  }
}

const stepOf = (confidence: number): number => Math.min(STEPS - 1, Math.max(0, Math.floor(confidence * STEPS)));
