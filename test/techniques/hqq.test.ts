/** HQQ's grids: fewer large sums of small errors than rounding to nearest leaves, without any data. */
import { expect, it } from 'vitest';
import { quantizeHqq } from '../../app/techniques/quantize/hqq.ts';
import { quantizeRtn } from '../../app/techniques/quantize/rtn.ts';
import { dequantizeBlocks } from '../../app/techniques/quantize/unpack.ts';
import { Random } from '../../app/tensor/random.ts';

const [rows, columns] = [32, 128];
const random = new Random([7]);
/** Bell-shaped, with an outlier in most groups. */
const weights = Float32Array.from({ length: rows * columns }, (_, i) => {
  const bell = random.fraction() + random.fraction() + random.fraction() - 1.5;
  return i % 29 === 0 ? 4 * bell : bell;
});

it.each([true, false])('symmetric %s', (symmetric) => {
  for (const groupSize of [16, 32, 64, 128, 48]) {
    const options = { bits: 4 as const, groupSize, symmetric };
    const cost = (quantize: typeof quantizeRtn) => {
      const rounded = dequantizeBlocks(quantize(weights, rows, columns, options), rows, columns, options);
      return rounded.reduce((sum, v, i) => sum + Math.abs(v - weights[i]) ** 0.7, 0);
    };
    expect(cost(quantizeHqq)).toBeLessThan(0.98 * cost(quantizeRtn));
  }
});

it('leaves zeros at zero', () => {
  const { codes } = quantizeHqq(new Float32Array(32), 1, 32, { bits: 8, groupSize: 32, symmetric: false });
  expect(codes.every((code) => code === 0)).toBe(true);
});
