/** How well vectors say which texts are alike, beside what words alone say, with the pairs that are hardest. */
import {
  cosine,
  rowCosines,
  type SimilarityScores,
  scoreNearest,
  scoreRetrieval,
  scoreSimilarity,
} from '../../evaluate/embeddings.ts';
import { ranksOf, scoreNumbers } from '../../evaluate/numbers.ts';
import type { PairedText } from './paired-rows.ts';
import { hardestOf, type Point, samplePoints, shortened } from './shown-rows.ts';
import { type SparseRow, TfIdf } from './tf-idf.ts';

export interface HardPair {
  readonly text: string;
  readonly other: string;
  readonly cosine: number;
  /** As the data set says. */
  readonly score?: number;
  /** The text that was nearer than its own partner. */
  readonly nearest?: string;
}

export interface PairVectors {
  /** Float32 [rows, width]: of the first and of the second text of each row. */
  readonly first: Float32Array;
  readonly second: Float32Array;
  readonly width: number;
}

/** More partners to choose from take long, and say little more. */
export const MOST_RANKED = 2000;

const isScored = (rows: readonly PairedText[]): boolean => rows[0].score !== undefined;
const scoresOf = (rows: readonly PairedText[]): number[] => rows.map(({ score }) => score!);
const sameAnswer = (rows: readonly PairedText[]) => (i: number, j: number) =>
  rows[i].other === rows[j].other || rows[i].text === rows[j].text;

export function scorePairs(rows: readonly PairedText[], { first, second, width }: PairVectors): SimilarityScores {
  return isScored(rows)
    ? scoreSimilarity(first, second, width, scoresOf(rows))
    : scoreRetrieval(first, second, width, sameAnswer(rows));
}

/** By the words and pairs of words that two texts share. */
export function pairBaseline(train: readonly PairedText[], test: readonly PairedText[]) {
  const vectorizer = new TfIdf(train.flatMap(({ text, other }) => [text, other]));
  const [first, second] = [
    test.map(({ text }) => vectorizer.row(text)),
    test.map(({ other }) => entriesOf(vectorizer.row(other))),
  ];
  const likeness = (i: number, j: number) => sharedOf(first[i], second[j]);
  const method = 'the words they share (TF-IDF)';
  if (!isScored(test)) return { method, ...scoreNearest(test.length, likeness, sameAnswer(test)) };
  const { spearman, pearson } = scoreNumbers(
    scoresOf(test),
    test.map((_, i) => likeness(i, i)),
  );
  return { method, spearman, pearson };
}

const entriesOf = ({ terms, values }: SparseRow) => new Map(Array.from(terms, (term, i) => [term, values[i]]));

function sharedOf({ terms, values }: SparseRow, other: ReadonlyMap<number, number>): number {
  let sum = 0;
  for (let i = 0; i < terms.length; i++) sum += values[i] * (other.get(terms[i]) ?? 0);
  return sum;
}

/** Of scored pairs those furthest out of their order; else those to which another text is nearer. */
export function hardestPairs(rows: readonly PairedText[], { first, second, width }: PairVectors): HardPair[] {
  const cosines = rowCosines(first, second, width);
  const pairOf = (row: number) => ({
    text: shortened(rows[row].text),
    other: shortened(rows[row].other),
    cosine: cosines[row],
  });
  if (isScored(rows)) {
    const [wanted, got] = [ranksOf(scoresOf(rows)), ranksOf(cosines)];
    const gaps = wanted.map((rank, row) => Math.abs(rank - got[row]));
    return hardestOf(gaps).map((row) => ({ ...pairOf(row), score: rows[row].score }));
  }
  const isRight = sameAnswer(rows);
  const missed = rows.flatMap((_, row) => {
    let [nearest, most] = [-1, Number.NEGATIVE_INFINITY];
    for (let j = 0; j < rows.length; j++) {
      const likeness = isRight(row, j) ? Number.NEGATIVE_INFINITY : cosine(first, row, second, j, width);
      if (likeness > most) [nearest, most] = [j, likeness];
    }
    const gap = most - cosines[row];
    return gap >= 0 ? [{ row, nearest, gap }] : [];
  });
  return hardestOf(missed.map(({ gap }) => gap)).map((i) => {
    const { row, nearest } = missed[i];
    return { ...pairOf(row), nearest: shortened(rows[nearest].other) };
  });
}

/** Scores against cosines, of a sample. */
export const scoredPoints = (rows: readonly PairedText[], { first, second, width }: PairVectors): Point[] =>
  isScored(rows) ? samplePoints(scoresOf(rows), rowCosines(first, second, width)) : [];
