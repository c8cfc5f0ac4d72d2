/** Held-out rows measured while training goes on: the loss itself, the best weights kept, early stopping, resuming. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { EncodedStore } from '../../app/datasets/index.ts';
import { openModel } from '../../app/models/model.ts';
import { type FinetuneContext, finetune } from '../../app/techniques/finetune/finetune.ts';
import { finetuneSchema } from '../../app/techniques/finetune/schema.ts';
import { Random } from '../../app/tensor/random.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-validation-'));
afterAll(() => rm(work, { recursive: true }));
const model = await openModel(join(import.meta.dirname, '../fixtures/models/llama'));

/** Sequences in which each token is the one before plus `stride`: another stride is another language. */
function counting(examples: number, stride: number, seed: number): EncodedStore {
  const store = new EncodedStore();
  const random = new Random([seed]);
  for (let i = 0; i < examples; i++) {
    const start = Math.floor(random.fraction() * 40);
    const ids = Int32Array.from({ length: 12 }, (_, t) => (start + stride * t) % 60);
    store.add(ids, ids);
  }
  return store;
}

const data = { store: counting(64, 1, 1), path: 'counting' };
const validation = { store: counting(16, 1, 2), path: 'counting' };
const other = { store: counting(16, 7, 3), path: 'counting' };
const options = finetuneSchema.parse({
  method: 'full',
  learningRate: 1e-2,
  schedule: 'constant',
  steps: 12,
  evalSteps: 3,
  batchSize: 2,
  maxLength: 24,
});
const run = (name: string, settings: object, context: FinetuneContext) =>
  finetune(model, data, join(work, name), { ...options, ...settings }, { threads: 1, ...context });
const weights = (name: string) => readFile(join(work, name, 'model.safetensors'));

it('measures what a run without training on those rows would report as its loss', async () => {
  const { evaluations } = await run('measured', { method: 'lora', dropout: 0.5 }, { validation });
  expect(evaluations.map(({ step }) => step)).toEqual([0, 3, 6, 9, 12]);
  const first = await finetune(
    model,
    validation,
    join(work, 'once'),
    { ...options, steps: 1, batchSize: 16, packing: false },
    { threads: 1 },
  );
  expect(evaluations[0].loss).toBeCloseTo(first.losses[0], 4);
  expect(evaluations.at(-1)!.loss).toBeLessThan(evaluations[0].loss);
});

describe('where held-out rows get worse', () => {
  it('writes the weights that did best, which are those of a run that ended there', async () => {
    const result = await run('best', {}, { validation: other });
    const losses = result.evaluations.slice(1).map(({ loss }) => loss);
    expect(result.best).toEqual({ step: result.kept, loss: Math.min(...losses) });
    expect(result.kept).toBeLessThan(12);
    await run('ended', { steps: result.kept }, {});
    expect(await weights('best')).toEqual(await weights('ended'));
  });

  it('writes the last where that was asked for', async () => {
    const { kept } = await run('last', { keep: 'last' }, { validation: other });
    expect(kept).toBe(12);
    await run('plain', {}, {});
    expect(await weights('last')).toEqual(await weights('plain'));
  });

  it('stops when patience is at its end', async () => {
    const result = await run('patient', { patience: 1 }, { validation: other });
    expect(result).toMatchObject({ stoppedEarly: true, steps: result.kept + 3 });
    expect(result.losses.length).toBe(result.steps);
  });
});

it.each([4, 6, 10])('comes to the same weights and measurements when stopped after step %i', async (last) => {
  const settings = { checkpointSteps: 2 };
  const whole = await run(`whole-${last}`, settings, { validation: other });
  const stop = new AbortController();
  const onStep = ({ step }: { step: number }) => step === last && stop.abort(new Error('stopped'));
  const name = `parts-${last}`;
  await expect(run(name, settings, { validation: other, signal: stop.signal, onStep })).rejects.toThrow('stopped');
  const { evaluations, kept } = await run(name, settings, { validation: other, resume: true });
  expect({ evaluations, kept }).toEqual({ evaluations: whole.evaluations, kept: whole.kept });
  expect(await weights(name)).toEqual(await weights(`whole-${last}`));
});

it('stops in the middle of a measurement and makes up for it', async () => {
  const whole = await run('whole-measuring', {}, { validation });
  const stop = new AbortController();
  const onEvaluation = ({ step }: { step: number }) => {
    if (step === 6) stop.abort(new Error('stopped'));
  };
  await expect(run('measuring', {}, { validation, signal: stop.signal, onEvaluation })).rejects.toThrow('stopped');
  const { evaluations } = await run('measuring', {}, { validation, resume: true });
  expect(evaluations).toEqual(whole.evaluations);
});
