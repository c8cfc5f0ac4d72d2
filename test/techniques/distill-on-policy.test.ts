/** On-policy distillation: the student's own texts, judged by the teacher; a stopped run goes on to the same weights. */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { EncodedStore, IGNORED } from '../../app/datasets/index.ts';
import { openModel } from '../../app/models/model.ts';
import { distillOnPolicy } from '../../app/techniques/distill/on-policy.ts';
import { promptsOf } from '../../app/techniques/distill/rollouts.ts';
import { distillSchema } from '../../app/techniques/distill/schema.ts';
import { openStudent } from '../../app/techniques/distill/student.ts';
import { makeTinyModel } from '../models/tiny-model.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-on-policy-'));
afterAll(() => rm(work, { recursive: true }));

const store = new EncodedStore();
for (const prompt of [
  [5, 60, 170, 8],
  [9, 80, 90],
  [5, 33, 44, 55, 66],
]) {
  store.add(Int32Array.from([...prompt, 1, 2]), Int32Array.from([...prompt.map(() => IGNORED), 1, 2]));
}
const teacher = await openModel(await makeTinyModel(work, 'deep'));
const { model: student } = await openStudent('layers:1', teacher, join(work, 'base'), 0, (id) => Promise.resolve(id));
const data = { store, path: 'prompts.jsonl' };
const options = distillSchema.parse({
  method: 'on-policy',
  divergence: 'jsd',
  steps: 3,
  roundSteps: 2,
  batchSize: 2,
  maxLength: 24,
  maxAnswer: 4,
  learningRate: 1e-3,
  checkpointSteps: 1,
});
const run = (name: string, context: object = {}) =>
  distillOnPolicy(teacher, student, data, join(work, name), options, { threads: 1, ...context });

it('takes what comes before the answers, where one still fits', () => {
  expect(promptsOf(store, 4)).toEqual([
    [5, 60, 170, 8],
    [9, 80, 90],
  ]);
});

it('learns from what the student writes, and goes on after a stop to the same bytes', async () => {
  const whole = await run('whole');
  expect(whole.losses.length).toBe(3);
  expect(whole.losses.every((loss) => loss > 0)).toBe(true);
  const stop = new AbortController();
  // In the middle of a round: its texts must not be written anew by the student as it is then.
  const onStep = ({ step }: { step: number }) => step === 1 && stop.abort(new Error('stopped'));
  await expect(run('parts', { signal: stop.signal, onStep })).rejects.toThrow('stopped');
  const parts = await run('parts', { resume: true });
  expect(parts.losses).toEqual(whole.losses);
  const weights = (folder: string) => readFile(join(folder, 'model.safetensors'));
  expect(await weights(parts.model)).toEqual(await weights(whole.model));
  await expect(stat(join(work, 'parts.rollouts'))).rejects.toThrow();
});

it('refuses data without prompts', async () => {
  const text = new EncodedStore();
  text.add(Int32Array.from([4, 5, 6]), Int32Array.from([4, 5, 6]));
  const wrong = distillOnPolicy(teacher, student, { store: text, path: 'book.txt' }, join(work, 'x'), options, {});
  await expect(wrong).rejects.toMatchObject({ code: 'dataset/no-answers' });
});
