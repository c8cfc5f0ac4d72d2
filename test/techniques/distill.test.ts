/** Distillation as a user meets it: PyTorch's losses, a teacher that runs once, tokens that never get out of step. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { TokensFile } from '../../app/datasets/index.ts';
import { openModel } from '../../app/models/model.ts';
import { readFloats, safetensorsConstants } from '../../app/models/weights/constants.ts';
import { type DistillContext, distill } from '../../app/techniques/distill/distill.ts';
import { fileExamples, PredictionIndex } from '../../app/techniques/distill/examples.ts';
import { assertSameTokens } from '../../app/techniques/distill/same-tokens.ts';
import { distillSchema } from '../../app/techniques/distill/schema.ts';
import { withTeacher } from '../../app/techniques/distill/source.ts';
import { TeacherCache } from '../../app/techniques/distill/teacher-cache.ts';
import { checkpointFolder } from '../../app/techniques/finetune/loop.ts';
import { stepRows } from '../../app/techniques/finetune/source.ts';
import { makeUnpaddedBatch } from '../../app/techniques/finetune/unpadded.ts';

const FIXTURE = join(import.meta.dirname, '../fixtures/train-distilled/llama');
const reference = JSON.parse(await readFile(join(FIXTURE, 'reference.json'), 'utf8'));
const work = await mkdtemp(join(tmpdir(), 'lathe-distill-'));
afterAll(() => rm(work, { recursive: true }));

const tokens = join(FIXTURE, 'train.safetensors');
const teacher = await openModel(join(FIXTURE, 'teacher'));
const student = await openModel(join(FIXTURE, 'student_init'));
const options = distillSchema.parse({
  ...reference.distillation,
  steps: 8,
  batchSize: 2,
  learningRate: reference.optimizer.lr,
  weightDecay: reference.optimizer.weight_decay,
  warmupSteps: reference.schedule.warmup_steps,
  maxGradNorm: reference.clip_max_norm,
  packing: false,
});
const run = (name: string, changed: object = {}, context: Partial<DistillContext> = {}) =>
  distill(
    teacher,
    student,
    { tokens },
    join(work, name),
    { ...options, ...changed },
    {
      threads: 1,
      cache: { folder: join(work, `${name}.cache`) },
      ...context,
    },
  );
const largest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (v, i) => Math.abs(v - b[i])));

describe('against PyTorch', () => {
  it('has the same losses and weights over eight steps', async () => {
    const { losses, model, cache } = await run('reference');
    expect(largest(losses, reference.losses)).toBeLessThan(1e-5);
    expect(cache.topK).toBeUndefined();
    const [written, expected] = [
      await openModel(model),
      await safetensorsConstants(join(FIXTURE, 'final.safetensors')),
    ];
    for (const [name, constant] of expected) {
      expect(largest(await readFloats(written.weights.get(name)!), await readFloats(constant)), name).toBeLessThan(
        2e-5,
      );
    }
  });
});

describe('the likeliest tokens alone', () => {
  it('give less than the whole divergence, and nearly all of it where nearly all are kept', async () => {
    const first = async (topK: number) => (await run(`top-${topK}`, { topK, steps: 1, alpha: 1 })).losses[0];
    const [few, most] = [await first(4), await first(95)];
    const whole = (await run('whole', { topK: 'all', steps: 1, alpha: 1 })).losses[0];
    expect(few).toBeLessThan(whole);
    expect(few).toBeGreaterThan(0);
    expect(Math.abs(most - whole)).toBeLessThan(1e-3 * whole);
  });
});

describe('what the teacher said', () => {
  const shared = { cache: { folder: join(work, 'shared.cache') } };
  const records = join(work, 'shared.cache', 'teacher.bin');

  it('is read again by the next run, with the same losses', async () => {
    const [first, second] = [await run('first', {}, shared), await run('second', { alpha: 0.7 }, shared)];
    expect([first.cache.hit, second.cache.hit]).toEqual([false, true]);
    expect(second.losses).toEqual(first.losses);
  });

  it('is made again where a bit has flipped', async () => {
    const good = await readFile(records);
    const bad = Buffer.from(good);
    bad[bad.length >> 1] ^= 4;
    await writeFile(records, bad);
    expect((await run('flipped', {}, shared)).cache.hit).toBe(false);
    expect(await readFile(records)).toEqual(good);
  });

  it('is refused where another teacher said it, or of other data, or at another temperature', async () => {
    const other = join(work, 'other-data.safetensors');
    await cp(tokens, other);
    const bytes = await readFile(other);
    bytes[bytes.length - 5 * 4] ^= 1;
    await writeFile(other, bytes);
    const refused = { code: 'distill/other-cache' };
    await expect(run('hotter', { temperature: 3 }, shared)).rejects.toMatchObject(refused);
    const out = join(work, 'refused');
    const context = { threads: 1, ...shared };
    await expect(distill(student, student, { tokens }, out, options, context)).rejects.toMatchObject(refused);
    await expect(distill(teacher, student, { tokens: other }, out, options, context)).rejects.toMatchObject(refused);
  });

  it('is never learnt at another token: shifted tokens, labels and rows are noticed', async () => {
    const file = await TokensFile.open(tokens);
    const index = await PredictionIndex.of(fileExamples(file));
    const key = JSON.parse(await readFile(join(work, 'shared.cache', 'teacher.json'), 'utf8'));
    const cache = (await TeacherCache.open(join(work, 'shared.cache'), key))!;
    const rows = await stepRows(file, 0);
    const aligned = await withTeacher(makeUnpaddedBatch(rows), cache, index);
    expect(aligned.inputs.teacher.shape).toEqual([aligned.supervised, 96]);
    const misaligned = { code: 'distill/misaligned' };
    const turned = (values: ArrayLike<number>) => [...Array.from(values).slice(1), values[0]];
    const changed = [
      rows.map((row) => ({ ...row, ids: turned(row.ids) })),
      rows.map((row) => ({
        ...row,
        labels: Array.from(row.labels, (label, i) => (label < 0 ? label : row.ids[(i + 1) % 12])),
      })),
      rows.map((row, i) => ({ ...row, ids: rows[1 - i].ids })),
    ];
    for (const batch of changed) {
      await expect(withTeacher(makeUnpaddedBatch(batch), cache, index)).rejects.toMatchObject(misaligned);
    }
    await cache.close();
  });
});

describe('a run that was stopped', () => {
  it('goes on to the same losses and bytes', async () => {
    const settings = { checkpointSteps: 1, accumulate: 2, steps: 6, topK: 8 };
    const expected = await run('unbroken', settings);
    const stop = new AbortController();
    const onStep = ({ step }: { step: number }) => step === 3 && stop.abort(new Error('stopped'));
    await expect(run('broken', settings, { signal: stop.signal, onStep })).rejects.toThrow('stopped');
    await expect(run('broken', { ...settings, alpha: 0.1 }, { resume: true })).rejects.toMatchObject({
      code: 'checkpoint/other-run',
    });
    const result = await run('broken', settings, { resume: true });
    expect(result.losses).toEqual(expected.losses);
    expect(result.cache.hit).toBe(true);
    const weights = (folder: string) => readFile(join(folder, 'model.safetensors'));
    expect(await weights(result.model)).toEqual(await weights(expected.model));
    await expect(readFile(join(checkpointFolder(result.model), 'state.json'))).rejects.toThrow();
  });
});

it('says that other vocabularies cannot be compared and what can be done', async () => {
  const other = await openModel(join(import.meta.dirname, '../fixtures/models/llama'));
  const wrong = distill(other, student, { tokens }, join(work, 'x'), options, { cache: { among: work } });
  await expect(wrong).rejects.toMatchObject({
    code: 'distill/other-tokenizer',
    hint: expect.stringContaining('sequence'),
  });
  const [one, two] = ['one', 'two'].map((name) => join(work, name));
  for (const [folder, vocab] of [
    [one, { a: 0, b: 1 }],
    [two, { a: 1, b: 0 }],
  ] as const) {
    await cp(student.folder, folder, { recursive: true });
    await writeFile(join(folder, 'tokenizer.json'), JSON.stringify({ model: { vocab } }));
  }
  const [first, second] = [await openModel(one), await openModel(two)];
  await expect(assertSameTokens(first, second)).rejects.toMatchObject({ code: 'distill/other-tokenizer' });
  await expect(assertSameTokens(first, first)).resolves.toBeUndefined();
});
