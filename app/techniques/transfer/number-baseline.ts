/** What a plain method reaches where numbers are learnt: TF-IDF of words and word pairs with ridge regression. */
import { sample } from './baseline.ts';
import { type SparseRow, TfIdf } from './tf-idf.ts';

/** scikit-learn's alpha: what the squared norm of the weights costs. */
const ALPHA = 1;
const MOST_STEPS = 300;
const TOLERANCE = 1e-6;

interface NumberedText {
  readonly text: string;
  readonly value: number;
}

function productOf({ terms, values }: SparseRow, weights: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < terms.length; i++) sum += values[i] * weights[terms[i]];
  return sum;
}

function addTo(sum: Float64Array, { terms, values }: SparseRow, factor: number): void {
  for (let i = 0; i < terms.length; i++) sum[terms[i]] += factor * values[i];
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i], 0);

/** Solves (XᵀX + alpha) w = Xᵀy by conjugate gradients (Hestenes and Stiefel 1952). */
function ridge(rows: readonly SparseRow[], targets: readonly number[], size: number): Float64Array {
  const weights = new Float64Array(size);
  const rest = new Float64Array(size);
  rows.forEach((row, r) => {
    addTo(rest, row, targets[r]);
  });
  const direction = rest.slice();
  let square = dot(rest, rest);
  const enough = TOLERANCE ** 2 * square;
  for (let step = 0; step < MOST_STEPS && square > enough; step++) {
    const image = direction.map((value) => ALPHA * value);
    for (const row of rows) addTo(image, row, productOf(row, direction));
    const length = square / dot(direction, image);
    for (let i = 0; i < size; i++) {
      weights[i] += length * direction[i];
      rest[i] -= length * image[i];
    }
    const next = dot(rest, rest);
    for (let i = 0; i < size; i++) direction[i] = rest[i] + (next / square) * direction[i];
    square = next;
  }
  return weights;
}

/** Learns from `train`, around its mean, and predicts the numbers of `texts`. */
export function runNumberBaseline(
  train: readonly NumberedText[],
  texts: readonly string[],
  seed: number,
): Float32Array {
  const used = sample(train, seed);
  const mean = used.reduce((sum, { value }) => sum + value, 0) / used.length;
  const vectorizer = new TfIdf(used.map(({ text }) => text));
  const weights = ridge(
    used.map(({ text }) => vectorizer.row(text)),
    used.map(({ value }) => value - mean),
    vectorizer.size,
  );
  return Float32Array.from(texts, (text) => mean + productOf(vectorizer.row(text), weights));
}
