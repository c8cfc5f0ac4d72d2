/** Ways of stopping that are worth a test: exits that never help are not asked, and candidates go from careful to fast. */
import { expect, it } from 'vitest';
import { proposeCandidates } from '../../../app/techniques/adaptive/candidates.ts';
import type { ExitTable } from '../../../app/techniques/adaptive/policy.ts';
import { lossesOf } from '../../../app/techniques/adaptive/promise.ts';
import { Random } from '../../../app/tensor/random.ts';

const ROWS = 400;
const LAYERS = 4;

/** The first exit guesses and is never sure, the second knows half of the rows and which, the third knows nothing more. */
function makeTable(): { table: ExitTable; truth: number[] } {
  const random = new Random([6]);
  const scores = new Float32Array(ROWS * (LAYERS - 1));
  const predicted = new Int32Array(ROWS * LAYERS);
  const truth: number[] = [];
  for (let row = 0; row < ROWS; row++) {
    const easy = row % 2 === 0;
    const label = random.below(5);
    truth.push(label);
    const middle = easy ? label : (label + 1) % 5;
    const sure = easy ? 0.9 + 0.1 * random.fraction() : 0.5 * random.fraction();
    scores.set([0.3 * random.fraction(), sure, sure], row * (LAYERS - 1));
    predicted.set([random.below(5), middle, middle, label], row * LAYERS);
  }
  return { table: { rows: ROWS, layers: LAYERS, scores, predicted }, truth };
}

it('asks only exits that save more than asking costs', () => {
  const { table, truth } = makeTable();
  const { exits, candidates } = proposeCandidates(table, (stops) => lossesOf(table, truth, stops, 'accuracy'), 0.01);
  expect(exits).toEqual([2]);
  // Half stop at the second layer, the others go on.
  const best = candidates.filter(({ loss }) => loss <= 0.01).at(-1)!;
  expect(best.meanLayers).toBeCloseTo(3, 1);
  for (const { thresholds } of candidates) expect([thresholds[0], thresholds[2]]).toEqual([1, 1]);
  const layers = candidates.slice(-5).map(({ meanLayers }) => meanLayers);
  expect(layers).toEqual(layers.toSorted((a, b) => b - a));
});
