/** A few neighbouring values of a matrix that share a scale, and how much the error of each counts. */

export type Weights = Float32Array | undefined;

/** One is made for each size of group and filled again and again: encoders look at millions of them. */
export class Group {
  readonly values: Float64Array;
  readonly weights: Float64Array;
  /** Sums of weight, weight times value and weight times value². */
  mass = 0;
  first = 0;
  second = 0;

  constructor(readonly count: number) {
    this.values = new Float64Array(count);
    this.weights = new Float64Array(count).fill(1);
  }

  /** @param weights one for each value at the same place; absent: all count alike */
  load(source: Float32Array, at: number, weights: Weights): void {
    let [mass, first, second] = [0, 0, 0];
    for (let i = 0; i < this.count; i++) {
      const value = source[at + i];
      const weight = weights ? weights[at + i] : 1;
      this.values[i] = value;
      this.weights[i] = weight;
      mass += weight;
      first += weight * value;
      second += weight * value * value;
    }
    this.mass = mass;
    this.first = first;
    this.second = second;
  }

  /** The value of largest magnitude, the first of equals, with its sign. */
  extreme(): number {
    let extreme = 0;
    for (const value of this.values) if (Math.abs(value) > Math.abs(extreme)) extreme = value;
    return extreme;
  }
}
