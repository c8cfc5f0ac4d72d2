/** How sure an exit is: its calibrated probability, or how many exits in a row have said the same (Zhou et al. 2020). */
import { argmax } from '../../generate/argmax.ts';
import type { ExitTable } from './policy.ts';

/** logits [rows, labels] of each layer, the first at index 0. */
export type LayerLogits = readonly Float32Array[];

/** Largest probability of softmax(logits / temperature). */
export function confidenceOf(logits: ArrayLike<number>, temperature: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) most = Math.max(most, logits[i]);
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp((logits[i] - most) / temperature);
  return 1 / sum;
}

/** @param temperatures of each exit but the last */
export function confidenceTable(logits: LayerLogits, labels: number, temperatures: readonly number[]): ExitTable {
  return makeTable(logits, labels, (row, exit) => confidenceOf(row(exit), temperatures[exit]));
}

/** How many exits before have said the same without a break, over the number of layers. */
export function patienceTable(logits: LayerLogits, labels: number): ExitTable {
  return makeTable(logits, labels, (row, exit) => {
    let run = 0;
    while (run < exit && argmax(row(exit - run - 1)) === argmax(row(exit))) run += 1;
    return run / logits.length;
  });
}

/** What halting units have come to. @param halted [rows] of each exit but the last */
export function haltingTable(logits: LayerLogits, labels: number, halted: readonly Float32Array[]): ExitTable {
  const table = makeTable(logits, labels, () => 0);
  const exits = halted.length;
  for (const [exit, sums] of halted.entries())
    for (let row = 0; row < table.rows; row++) table.scores[row * exits + exit] = sums[row];
  return table;
}

function makeTable(
  logits: LayerLogits,
  labels: number,
  score: (row: (layer: number) => Float32Array, exit: number) => number,
): ExitTable {
  const layers = logits.length;
  const rows = logits[0].length / labels;
  const scores = new Float32Array(rows * (layers - 1));
  const predicted = new Int32Array(rows * layers);
  for (let r = 0; r < rows; r++) {
    const row = (layer: number) => logits[layer].subarray(r * labels, (r + 1) * labels);
    for (let layer = 0; layer < layers; layer++) {
      predicted[r * layers + layer] = argmax(row(layer));
      if (layer < layers - 1) scores[r * (layers - 1) + layer] = score(row, layer);
    }
  }
  return { rows, layers, scores, predicted };
}

/** Temperatures tried: from much sharper to much flatter. */
const LOWEST = 0.05;
const HIGHEST = 20;

/**
 * The temperature that makes the true classes likeliest (Guo et al. 2017): the loss is convex in its inverse, so a golden
 * section finds it.
 * @param logits [rows, labels]
 */
export function fitTemperature(logits: Float32Array, truth: ArrayLike<number>, labels: number): number {
  const rows = logits.length / labels;
  const loss = (inverse: number): number => {
    let total = 0;
    for (let r = 0; r < rows; r++) {
      const row = logits.subarray(r * labels, (r + 1) * labels);
      let most = Number.NEGATIVE_INFINITY;
      for (const z of row) most = Math.max(most, z * inverse);
      let sum = 0;
      for (const z of row) sum += Math.exp(z * inverse - most);
      total += Math.log(sum) + most - row[truth[r]] * inverse;
    }
    return total;
  };
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [Math.log(1 / HIGHEST), Math.log(1 / LOWEST)];
  for (let i = 0; i < 40; i++) {
    const left = high - ratio * (high - low);
    const right = low + ratio * (high - low);
    if (loss(Math.exp(left)) <= loss(Math.exp(right))) high = right;
    else low = left;
  }
  return Math.exp(-(low + high) / 2);
}
