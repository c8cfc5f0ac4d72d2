/** Thresholds by the chance of the whole model's answer: logistic regression finds the curve that answers came from. */
import { expect, it } from 'vitest';
import { agreementThresholds, fitLogistic } from '../../../app/techniques/adaptive/agreement.ts';
import { Random } from '../../../app/tensor/random.ts';

const chance = (x: number, slope: number, offset: number) => 1 / (1 + Math.exp(-(slope * x + offset)));

it('finds slope and offset again, and stays finite where rows are separable', () => {
  const random = new Random([2]);
  const x = Float64Array.from({ length: 20_000 }, () => 8 * random.fraction() - 4);
  const y = Uint8Array.from(x, (value) => Number(random.fraction() < chance(value, 1.5, 0.7)));
  const { slope, offset } = fitLogistic(x, y);
  expect(Math.abs(slope - 1.5)).toBeLessThan(0.15);
  expect(Math.abs(offset - 0.7)).toBeLessThan(0.15);
  const apart = fitLogistic(
    x,
    Uint8Array.from(x, (value) => Number(value > 0)),
  );
  expect(Number.isFinite(apart.slope) && apart.slope > 5).toBe(true);
});

it('asks less of an exit that agrees more often at the same score', () => {
  const random = new Random([3]);
  const rows = 4000;
  const scores = new Float32Array(rows * 2);
  const predicted = new Int32Array(rows * 3);
  for (let row = 0; row < rows; row++) {
    for (const [exit, offset] of [-1, 2].entries()) {
      const score = random.fraction();
      scores[row * 2 + exit] = score;
      const agrees = random.fraction() < chance(Math.log(score / (1 - score)), 1, offset);
      predicted[row * 3 + exit] = agrees ? 0 : 1;
    }
  }
  const [[early, deep], [, surer]] = agreementThresholds({ rows, layers: 3, scores, predicted }, [0.9, 0.99]);
  // logit(0.9) = 2.197: less its offset, that is the threshold's own.
  expect(early).toBeCloseTo(chance(2.197 + 1, 1, 0), 1);
  expect(deep).toBeCloseTo(chance(2.197 - 2, 1, 0), 1);
  expect(surer).toBeGreaterThan(deep);
});
