/** Codes that are trained change as much as the numbers behind them move, from the first step on. */
import { expect, it } from 'vitest';
import { roundMatrix } from '../../app/techniques/quantize/rounding.ts';
import { TrainedCodes } from '../../app/techniques/quantize/trained-codes.ts';
import { dequantizeBlocks } from '../../app/techniques/quantize/unpack.ts';
import { Random } from '../../app/tensor/random.ts';

const [outputs, inputs] = [64, 128];
const spec = { inputs, outputs };
const grid = { bits: 3, groupSize: 32, symmetric: false };
const random = new Random([7]);
const weights = Float32Array.from({ length: outputs * inputs }, () => random.fraction() - 0.5);
const blocks = roundMatrix(
  weights,
  outputs,
  inputs,
  grid,
  { method: 'rtn', damp: 0.01, activationOrder: false },
  undefined,
);
const rounded = dequantizeBlocks(blocks, outputs, inputs, grid);
/** Half a step of the grid to two steps away: what a method that makes up for errors elsewhere starts from. */
const moved = weights.map((v) => v + (random.fraction() - 0.5) * 0.5);

it.each([
  ['the weights that were rounded', weights],
  ['weights codes away', moved],
])('from %s', (_, from) => {
  const trained = new TrainedCodes(from, blocks, spec, grid);
  expect(trained.current).toEqual(rounded);
  expect(dequantizeBlocks(trained.blocks(), outputs, inputs, grid)).toEqual(rounded);
  // All one way: every number moves by the rate, so that share of the codes changes by one.
  const rate = 0.03;
  trained.step(new Float32Array(weights.length).fill(1), rate, 1);
  let fallen = 0;
  trained.current.forEach((value, i) => {
    if (value < rounded[i] - 0.05) fallen++;
  });
  expect(fallen / weights.length).toBeGreaterThan(0.6 * rate);
  expect(fallen / weights.length).toBeLessThan(1.4 * rate);
});
