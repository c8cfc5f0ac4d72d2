/** Adam for numbers that come one by one: scales of groups. */
/** How much of the moments stays from step to step. */
export const FIRST = 0.9;
export const SECOND = 0.99;

/** Moments of Adam (Kingma and Ba 2015). */
export class GroupAdam {
  readonly #means: Float32Array;
  readonly #squares: Float32Array;
  #count = 0;
  #warm = 1;
  #warmSquares = 1;

  constructor(count: number) {
    this.#means = new Float32Array(count);
    this.#squares = new Float32Array(count);
  }

  /** About -1 to 1, to be multiplied by a rate and subtracted. @param count steps so far, this one too */
  direction(index: number, gradient: number, count: number): number {
    // Powers take longer than all the rest: once a step, not once a number.
    if (count !== this.#count) {
      [this.#count, this.#warm, this.#warmSquares] = [count, 1 - FIRST ** count, 1 - SECOND ** count];
    }
    this.#means[index] += (1 - FIRST) * (gradient - this.#means[index]);
    this.#squares[index] += (1 - SECOND) * (gradient * gradient - this.#squares[index]);
    return this.#means[index] / this.#warm / (Math.sqrt(this.#squares[index] / this.#warmSquares) + 1e-12);
  }
}
