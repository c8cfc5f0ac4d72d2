/**
 * What a plain method reaches on the same texts: TF-IDF of words and word pairs with logistic regression, so that the user
 * sees whether a model earns its size. Our own code: npm's packages for it are unmaintained or keep dense matrices.
 */
import { Random } from '../../tensor/random.ts';
import type { LabelledText } from './labelled-rows.ts';
import { type SparseRow, TfIdf } from './tf-idf.ts';

/** Rows beyond this are left out: the baseline has settled by then. */
const MOST_ROWS = 20_000;
/** scikit-learn's C: the loss counts so much more than half the squared norm of the weights. */
const STRENGTH = 10;
const MOST_STEPS = 500;
const TOLERANCE = 1e-4;

/** Logits of a row: weights [terms + 1, classes], the last row being the bias. */
function logitsOf({ terms, values }: SparseRow, weights: Float64Array, classes: number, bias: number): Float64Array {
  const logits = weights.slice(bias, bias + classes);
  for (let i = 0; i < terms.length; i++) {
    const at = terms[i] * classes;
    for (let c = 0; c < classes; c++) logits[c] += values[i] * weights[at + c];
  }
  return logits;
}

function toProbabilities(logits: Float64Array): Float64Array {
  const most = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (let c = 0; c < logits.length; c++) sum += logits[c] = Math.exp(logits[c] - most);
  for (let c = 0; c < logits.length; c++) logits[c] /= sum;
  return logits;
}

/** Gradient of the mean loss plus the penalty on all but the bias. */
function gradientOf(
  rows: readonly SparseRow[],
  truth: ArrayLike<number>,
  weights: Float64Array,
  classes: number,
  penalty: number,
): Float64Array {
  const bias = weights.length - classes;
  const gradient = new Float64Array(weights.length);
  for (let i = 0; i < bias; i++) gradient[i] = penalty * weights[i];
  rows.forEach((row, r) => {
    const errors = toProbabilities(logitsOf(row, weights, classes, bias));
    errors[truth[r]] -= 1;
    for (let c = 0; c < classes; c++) errors[c] /= rows.length;
    for (let i = 0; i < row.terms.length; i++) {
      const at = row.terms[i] * classes;
      for (let c = 0; c < classes; c++) gradient[at + c] += row.values[i] * errors[c];
    }
    for (let c = 0; c < classes; c++) gradient[bias + c] += errors[c];
  });
  return gradient;
}

/** Accelerated gradient descent with restarts (Nesterov 1983; O'Donoghue and Candès 2015): the problem is convex. */
function fitWeights(rows: readonly SparseRow[], truth: ArrayLike<number>, size: number, classes: number): Float64Array {
  const penalty = 1 / (STRENGTH * rows.length);
  // Rows and the bias have norm 1 each, and softmax's curvature is at most 1/2.
  const rate = 1 / (1 + penalty);
  let weights = new Float64Array((size + 1) * classes);
  const ahead = weights.slice();
  let momentum = 1;
  for (let step = 0; step < MOST_STEPS; step++) {
    const gradient = gradientOf(rows, truth, ahead, classes, penalty);
    const next = new Float64Array(weights.length);
    let along = 0;
    let norm = 0;
    for (let i = 0; i < next.length; i++) {
      next[i] = ahead[i] - rate * gradient[i];
      along += gradient[i] * (next[i] - weights[i]);
      norm += gradient[i] * gradient[i];
    }
    if (Math.sqrt(norm) < TOLERANCE) return next;
    if (along > 0) momentum = 1;
    const grown = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
    const push = along > 0 ? 0 : (momentum - 1) / grown;
    for (let i = 0; i < next.length; i++) ahead[i] = next[i] + push * (next[i] - weights[i]);
    momentum = grown;
    weights = next;
  }
  return weights;
}

export interface BaselinePrediction {
  readonly predicted: readonly number[];
  readonly seconds: number;
  /** Texts it learnt from. */
  readonly rows: number;
  readonly terms: number;
}

/** Learns from `train` and predicts the classes of `test`. */
export function runBaseline(
  train: readonly LabelledText[],
  test: readonly LabelledText[],
  labels: readonly string[],
  seed: number,
): BaselinePrediction {
  const begin = performance.now();
  const used = sample(train, seed);
  const ids = new Map(labels.map((label, id) => [label, id]));
  const vectorizer = new TfIdf(used.map(({ text }) => text));
  const rows = used.map(({ text }) => vectorizer.row(text));
  const truth = used.map(({ label }) => ids.get(label)!);
  const classes = labels.length;
  const weights = fitWeights(rows, truth, vectorizer.size, classes);
  const predicted = test.map(({ text }) => {
    const logits = logitsOf(vectorizer.row(text), weights, classes, weights.length - classes);
    return logits.reduce((best, value, c) => (value > logits[best] ? c : best), 0);
  });
  return { predicted, seconds: (performance.now() - begin) / 1000, rows: used.length, terms: vectorizer.size };
}

/** At most so many rows that a plain method has settled by them, drawn at random. */
export function sample<R>(rows: readonly R[], seed: number): readonly R[] {
  if (rows.length <= MOST_ROWS) return rows;
  const order = new Random([seed, 0xba5e]).shuffle(Uint32Array.from({ length: rows.length }, (_, i) => i));
  return Array.from(order.subarray(0, MOST_ROWS), (i) => rows[i]);
}
