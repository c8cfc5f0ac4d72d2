/** `--batch-size auto`: what it stands for by the data, and what is left of it where memory is scarce. */
import { expect, it } from 'vitest';
import { chooseBatches } from '../../app/recipes/estimates/choose-batches.ts';
import { fitTraining } from '../../app/recipes/estimates/fit-training.ts';

const model = {
  parameters: 134_515_008,
  vocabulary: 49_152,
  layers: 30,
  width: 576,
  inner: 1536,
  heads: 9,
  contextLength: 8192,
  sizeBytes: 538_090_408,
  format: 'float32',
  untied: false,
} as const;
const rows = (count: number, meanTokens: number) => ({ rows: count, tokens: count * meanTokens, meanTokens });

it.each([
  ['much data in long rows', { maxLength: 512 }, rows(100_000, 200), 1, { batchSize: 4, accumulate: 4 }],
  ['much data in short rows', { maxLength: 128 }, rows(100_000, 100), 1, { batchSize: 16, accumulate: 1 }],
  [
    'rows longer than what is worth doing at once',
    { maxLength: 8192 },
    rows(100_000, 4000),
    1,
    { batchSize: 1, accumulate: 16 },
  ],
  ['few rows, so that an epoch has steps', { maxLength: 512 }, rows(64, 80), 1, { batchSize: 1, accumulate: 1 }],
  ['no fewer than are to be accumulated', { maxLength: 512 }, rows(64, 80), 8, { batchSize: 4, accumulate: 2 }],
  ['rows as they are', { packing: false, maxLength: 512 }, rows(1000, 100), 1, { batchSize: 16, accumulate: 1 }],
  ['pairs, which are two texts each', { objective: 'dpo' }, rows(1000, 500), 1, { batchSize: 2, accumulate: 8 }],
])('chooses for %s', (_, options, data, accumulate, expected) => {
  expect(chooseBatches({ options, data }, accumulate)).toEqual(expected);
});

it('does fewer rows at a time where memory is scarce, and as many a step', () => {
  const options = { method: 'lora', maxLength: 512 };
  const fitted = (free: number) =>
    fitTraining(
      { model, options, data: rows(100_000, 200) },
      { batchSize: 'auto', accumulate: 1, checkpointing: false },
      free,
    );
  const [roomy, scarce] = [fitted(64e9), fitted(2.6e9)];
  expect(roomy).toMatchObject({ batchSize: 4, accumulate: 4, checkpointing: false, fits: true });
  expect(scarce.fits).toBe(true);
  expect(scarce.batchSize).toBeLessThan(4);
  expect(scarce.batchSize * scarce.accumulate).toBe(16);
  expect(scarce.memoryBytes).toBeLessThan(0.85 * 2.6e9);
  expect(fitted(1e8)).toMatchObject({ batchSize: 1, accumulate: 16, checkpointing: true, fits: false });
});
