/** Which of the rows that a model was measured on are shown: the hardest, and a sample for a picture. */

const HARDEST = 10;
const CHARACTERS = 300;
const POINTS = 400;

export interface Point {
  readonly wanted: number;
  readonly predicted: number;
}

/** Places of the largest values, the largest first; of equals the one that comes first. */
export const hardestOf = (values: ArrayLike<number>): number[] =>
  Array.from(values, (_, row) => row)
    .sort((a, b) => values[b] - values[a] || a - b)
    .slice(0, HARDEST);

export const shortened = (text: string): string => text.slice(0, CHARACTERS);

/** Every so many-th row, where there are many. */
export function samplePoints(wanted: ArrayLike<number>, predicted: ArrayLike<number>): Point[] {
  const every = Math.max(1, Math.ceil(wanted.length / POINTS));
  return Array.from({ length: Math.ceil(wanted.length / every) }, (_, i) => ({
    wanted: wanted[i * every],
    predicted: predicted[i * every],
  }));
}
