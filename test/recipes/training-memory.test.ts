/** The memory estimate of training against measured peaks, and settings that are made to fit. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EstimateInput } from '../../app/recipes/estimates/estimator.ts';
import { finetuneMemory } from '../../app/recipes/estimates/finetune.ts';
import { fitTraining } from '../../app/recipes/estimates/fit-training.ts';
import type { ModelShape } from '../../app/recipes/estimates/shape.ts';

interface Recorded {
  readonly machine: string;
  readonly shapes: Readonly<Record<string, ModelShape>>;
  readonly runs: readonly {
    readonly model: string;
    readonly options: Readonly<Record<string, unknown>>;
    readonly data?: EstimateInput['data'];
    readonly peakMemoryBytes: number;
  }[];
}
const file = join(import.meta.dirname, '../fixtures/training-memory.json');
const { machine, shapes, runs } = JSON.parse(readFileSync(file, 'utf8')) as Recorded;

describe(`peaks measured on ${machine}`, () => {
  it.each(runs.map((run) => [`${run.model} ${JSON.stringify(run.options)}`, run] as const))(
    '%s: within 15%',
    (_, { model, options, data, peakMemoryBytes }) => {
      const estimate = finetuneMemory({ model: shapes[model], options, data });
      expect(Math.abs(estimate / peakMemoryBytes - 1)).toBeLessThan(0.15);
    },
  );
});

describe('settings that fit', () => {
  const model = shapes['smollm2-135m'];
  const given = { batchSize: 8, accumulate: 1, checkpointing: false };
  const options = { method: 'lora', maxLength: 512 };
  const fitted = (freeBytes: number, settings = given) => fitTraining({ model, options }, settings, freeBytes);

  it('are those given where there is room', () => {
    expect(fitted(64e9)).toMatchObject({ ...given, fits: true });
  });

  it('have fewer rows at a time, and as many a step, where there is less', () => {
    const least = fitted(4e9);
    expect(least).toMatchObject({ checkpointing: false, fits: true });
    expect(least.batchSize).toBeLessThan(8);
    expect(least.batchSize * least.accumulate).toBe(8);
    expect(least.memoryBytes).toBeLessThan(4e9);
    const six = fitted(4e9, { ...given, batchSize: 6 });
    expect(six.batchSize * six.accumulate).toBe(6);
  });

  it('compute again what one row at a time does not make fit', () => {
    expect(fitted(1.9e9)).toMatchObject({ checkpointing: true, fits: true });
  });

  it('are the least there is, and said not to fit, where nothing does', () => {
    const least = fitted(0.5e9);
    expect(least).toMatchObject({ batchSize: 1, checkpointing: true, fits: false });
    expect(least.memoryBytes).toBeGreaterThan(0.5e9);
  });
});
