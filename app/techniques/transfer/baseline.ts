/**
 * What a plain method reaches on the same texts: TF-IDF of words and word pairs with logistic regression, so that the user
 * sees whether a model earns its size. Our own code: npm's packages for it are unmaintained or keep dense matrices. The
 * features are those of scikit-learn's TfidfVectorizer (ngram_range (1, 2), sublinear_tf, min_df 2) with L2-normed rows.
 */
import { Random } from '../../tensor/random.ts';
import type { LabelledText } from './labelled-rows.ts';

/** Rows beyond this are left out: the baseline has settled by then. */
const MOST_ROWS = 20_000;
/** Most frequent terms that are kept. */
const MOST_TERMS = 200_000;
/** scikit-learn's C: the loss counts so much more than half the squared norm of the weights. */
const STRENGTH = 10;
const MOST_STEPS = 500;
const TOLERANCE = 1e-4;

interface SparseRow {
  readonly terms: Int32Array;
  readonly values: Float64Array;
}

/** Words of at least two characters, and pairs of neighbours. */
function termsOf(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}_]{2,}/gu) ?? [];
  return [...words, ...words.slice(1).map((word, i) => `${words[i]} ${word}`)];
}

function countTerms(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const term of termsOf(text)) counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
}

class TfIdf {
  readonly #ids = new Map<string, number>();
  readonly #idf: Float64Array;

  constructor(texts: readonly string[]) {
    const documents = new Map<string, number>();
    for (const text of texts)
      for (const term of countTerms(text).keys()) documents.set(term, (documents.get(term) ?? 0) + 1);
    const kept = [...documents].filter(([, n]) => n >= 2).sort(([, a], [, b]) => b - a);
    const used = kept.slice(0, MOST_TERMS);
    for (const [id, [term]] of used.entries()) this.#ids.set(term, id);
    this.#idf = Float64Array.from(used, ([, n]) => Math.log((1 + texts.length) / (1 + n)) + 1);
  }

  get size(): number {
    return this.#idf.length;
  }

  row(text: string): SparseRow {
    const entries: [number, number][] = [];
    for (const [term, count] of countTerms(text)) {
      const id = this.#ids.get(term);
      if (id !== undefined) entries.push([id, (1 + Math.log(count)) * this.#idf[id]]);
    }
    const norm = Math.sqrt(entries.reduce((sum, [, v]) => sum + v * v, 0)) || 1;
    return { terms: Int32Array.from(entries, ([id]) => id), values: Float64Array.from(entries, ([, v]) => v / norm) };
  }
}

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

function sample(rows: readonly LabelledText[], seed: number): readonly LabelledText[] {
  if (rows.length <= MOST_ROWS) return rows;
  const order = new Random([seed, 0xba5e]).shuffle(Uint32Array.from({ length: rows.length }, (_, i) => i));
  return Array.from(order.subarray(0, MOST_ROWS), (i) => rows[i]);
}
