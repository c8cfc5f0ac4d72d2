/** An orthogonal matrix that spreads every entry of a vector over all others, as cheap to apply as a Fourier transform. */
import { Random } from '../../../tensor/random.ts';

/**
 * R = diag(signs) (H ⊗ Q): random signs, a Hadamard matrix of the largest power of two that divides the width, and for
 * the odd rest a random orthogonal matrix (QuaRot, Ashkboos et al. 2024, with Q in place of tabled Hadamard matrices).
 */
export class Rotation {
  readonly width: number;
  readonly #power: number;
  readonly #odd: number;
  readonly #signs: Float64Array;
  /** [odd, odd] */
  readonly #rest: Float64Array;

  constructor(width: number, seed: number) {
    const random = new Random([seed, width]);
    this.width = width;
    this.#power = width & -width;
    this.#odd = width / this.#power;
    this.#signs = Float64Array.from({ length: width }, () => (random.below(2) === 0 ? 1 : -1));
    this.#rest = orthogonal(this.#odd, random);
  }

  /** Multiplies each `width` neighbouring values by R, as a row. @returns new values */
  rows(values: Float32Array): Float32Array {
    const result = new Float32Array(values.length);
    const row = new Float64Array(this.width);
    for (let begin = 0; begin < values.length; begin += this.width) {
      for (let i = 0; i < this.width; i++) row[i] = values[begin + i] * this.#signs[i];
      this.#hadamard(row);
      if (this.#odd > 1) this.#mixRest(row);
      result.set(row, begin);
    }
    return result;
  }

  /** By butterflies over the first axis of [power, odd]. */
  #hadamard(row: Float64Array): void {
    const odd = this.#odd;
    const factor = 1 / Math.sqrt(this.#power);
    for (let span = odd; span < this.width; span *= 2) {
      for (let begin = 0; begin < this.width; begin += 2 * span) {
        for (let i = begin; i < begin + span; i++) {
          const [a, b] = [row[i], row[i + span]];
          row[i] = a + b;
          row[i + span] = a - b;
        }
      }
    }
    for (let i = 0; i < this.width; i++) row[i] *= factor;
  }

  #mixRest(row: Float64Array): void {
    const odd = this.#odd;
    const before = new Float64Array(odd);
    for (let begin = 0; begin < this.width; begin += odd) {
      for (let i = 0; i < odd; i++) before[i] = row[begin + i];
      for (let j = 0; j < odd; j++) {
        let sum = 0;
        for (let i = 0; i < odd; i++) sum += before[i] * this.#rest[i * odd + j];
        row[begin + j] = sum;
      }
    }
  }
}

/** Rows of random numbers made orthonormal one after the other (Gram and Schmidt, twice over for exactness). */
function orthogonal(size: number, random: Random): Float64Array {
  const matrix = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    const own = matrix.subarray(row * size, (row + 1) * size);
    // Sums of uniform numbers are nearly normal.
    for (let i = 0; i < size; i++)
      own[i] = Array.from({ length: 12 }, () => random.fraction()).reduce((a, b) => a + b, -6);
    for (let pass = 0; pass < 2; pass++) {
      for (let other = 0; other < row; other++) {
        const known = matrix.subarray(other * size, (other + 1) * size);
        const dot = own.reduce((sum, v, i) => sum + v * known[i], 0);
        for (let i = 0; i < size; i++) own[i] -= dot * known[i];
      }
    }
    const length = Math.hypot(...own);
    for (let i = 0; i < size; i++) own[i] /= length;
  }
  return matrix;
}
