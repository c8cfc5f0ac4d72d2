/** How well vectors of texts say which are alike: rank correlation with scores, or how often the right one is the nearest. */
import { scoreNumbers } from './numbers.ts';

export interface SimilarityScores {
  /** Of the cosines with the scores given. */
  readonly spearman?: number;
  readonly pearson?: number;
  /** Where there are no scores: share of texts whose own partner is the nearest of all partners. */
  readonly recallAt1?: number;
  /** Mean of 1 / the place of the own partner. */
  readonly meanReciprocalRank?: number;
}

/** Cosines of vectors [rows, width] with those of the same row. */
export function rowCosines(a: Float32Array, b: Float32Array, width: number): Float64Array {
  return Float64Array.from({ length: a.length / width }, (_, row) => cosine(a, row, b, row, width));
}

export function cosine(a: Float32Array, i: number, b: Float32Array, j: number, width: number): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let k = 0; k < width; k++) {
    const [x, y] = [a[i * width + k], b[j * width + k]];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
}

export function scoreSimilarity(
  a: Float32Array,
  b: Float32Array,
  width: number,
  scores: readonly number[],
): SimilarityScores {
  const { spearman, pearson } = scoreNumbers(scores, rowCosines(a, b, width));
  return { spearman, pearson };
}

/**
 * @param isRight whether the partner of one row is as good as that of another
 * @returns ranks among the partners of all rows; of equals the own one comes last
 */
export const scoreRetrieval = (
  a: Float32Array,
  b: Float32Array,
  width: number,
  isRight: (row: number, other: number) => boolean,
): SimilarityScores => scoreNearest(a.length / width, (i, j) => cosine(a, i, b, j, width), isRight);

/** As `scoreRetrieval`, by any likeness of a row with the partner of another. */
export function scoreNearest(
  rows: number,
  likeness: (row: number, other: number) => number,
  isRight: (row: number, other: number) => boolean,
): SimilarityScores {
  let [hits, reciprocal] = [0, 0];
  for (let i = 0; i < rows; i++) {
    const own = likeness(i, i);
    let nearer = 0;
    for (let j = 0; j < rows; j++) if (!isRight(i, j) && likeness(i, j) >= own) nearer += 1;
    if (nearer === 0) hits += 1;
    reciprocal += 1 / (nearer + 1);
  }
  return { recallAt1: hits / rows, meanReciprocalRank: reciprocal / rows };
}
