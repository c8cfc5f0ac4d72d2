/** Groups of a weight that are stretched or shrunk by training: the scales of a quantized matrix, or a vector's elements. */

import type { TrainedWeight } from './distil.ts';
import { GroupAdam } from './group-adam.ts';

/** Trains a factor for each group, by its logarithm (the end-to-end phase of EfficientQAT, Chen et al. 2024). */
export class TrainedGroups implements TrainedWeight {
  readonly current: Float32Array;
  /** By group: what its values are multiplied with. */
  readonly factors: Float32Array;
  readonly #values: Float32Array;
  readonly #groupOf: (index: number) => number;
  readonly #share: number;
  readonly #gradients: Float64Array;
  readonly #adam: GroupAdam;

  /**
   * @param values in the order of the file
   * @param share of the rate that they take
   */
  constructor(values: Float32Array, groups: number, groupOf: (index: number) => number, share = 1) {
    this.#values = values;
    this.#groupOf = groupOf;
    this.#share = share;
    this.current = values.slice();
    this.factors = new Float32Array(groups).fill(1);
    this.#gradients = new Float64Array(groups);
    this.#adam = new GroupAdam(groups);
  }

  step(slope: Float32Array, rate: number, count: number): void {
    const { current, factors } = this;
    this.#gradients.fill(0);
    for (let i = 0; i < current.length; i++) this.#gradients[this.#groupOf(i)] += slope[i] * current[i];
    for (let g = 0; g < factors.length; g++) {
      factors[g] *= Math.exp(-rate * this.#share * this.#adam.direction(g, this.#gradients[g], count));
    }
    for (let i = 0; i < current.length; i++) current[i] = this.#values[i] * factors[this.#groupOf(i)];
  }
}
