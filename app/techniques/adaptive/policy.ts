/** When a text stops: at the first exit whose score is above that exit's threshold; otherwise it goes through all layers. */

export interface ExitTable {
  readonly rows: number;
  readonly layers: number;
  /** [rows, layers - 1]: how sure each exit but the last is, 0 to 1. */
  readonly scores: Float32Array;
  /** [rows, layers]: what each layer answers. */
  readonly predicted: Int32Array;
  /** What the whole model answers, where that is not what the last layer here does (because it was quantized). */
  readonly full?: Int32Array;
}

/**
 * @param thresholds one for each exit but the last
 * @returns the layer, from 1, at which each row stops
 */
export function stoppingLayers({ rows, layers, scores }: ExitTable, thresholds: readonly number[]): Uint16Array {
  const exits = layers - 1;
  const result = new Uint16Array(rows);
  for (let row = 0; row < rows; row++) {
    let exit = 0;
    while (exit < exits && !(scores[row * exits + exit] > thresholds[exit])) exit += 1;
    result[row] = exit + 1;
  }
  return result;
}

/** What each row is answered when it stops there. */
export const answersAt = ({ predicted, layers, rows }: ExitTable, stops: ArrayLike<number>): Int32Array =>
  Int32Array.from({ length: rows }, (_, row) => predicted[row * layers + stops[row] - 1]);

export const fullAnswers = (table: ExitTable): Int32Array =>
  table.full ?? answersAt(table, new Uint16Array(table.rows).fill(table.layers));

/** Rows of a table. */
export function rowsOf(table: ExitTable, rows: readonly number[]): ExitTable {
  const { layers } = table;
  const scores = new Float32Array(rows.length * (layers - 1));
  const predicted = new Int32Array(rows.length * layers);
  rows.forEach((row, i) => {
    scores.set(table.scores.subarray(row * (layers - 1), (row + 1) * (layers - 1)), i * (layers - 1));
    predicted.set(table.predicted.subarray(row * layers, (row + 1) * layers), i * layers);
  });
  const full = table.full && Int32Array.from(rows, (row) => table.full![row]);
  return { rows: rows.length, layers, scores, predicted, full };
}
