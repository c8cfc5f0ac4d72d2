/** Bare encoders teach without labels: a student of fewer layers, or one that pruning left, comes nearer to what they make of texts. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { distillBare } from '../../app/cli/distill-bare.ts';
import { pruneEncoder, scoreOf } from '../../app/cli/prune-encoder.ts';
import { openModel } from '../../app/models/model.ts';
import { distillEncoder } from '../../app/techniques/distill/distill-encoder.ts';
import { distillSchema } from '../../app/techniques/distill/schema.ts';
import { openStudent } from '../../app/techniques/distill/student.ts';
import { pruneSchema } from '../../app/techniques/prune/schema.ts';
import { quietContext } from '../cli/quiet-context.ts';
import { writeWordTokenizer } from '../models/word-tokenizer.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-distill-encoder-'));
afterAll(() => rm(work, { recursive: true }));
const folder = join(work, 'teacher');
await cp(join(import.meta.dirname, '../fixtures/models/bert'), folder, { recursive: true });
const WORDS = ['ship', 'whale', 'sail', 'bread', 'soup', 'honey', 'cloud', 'star', 'moon'];
await writeWordTokenizer(folder, ['[PAD]', '[UNK]', ...WORDS]);
const texts = Array.from({ length: 48 }, (_, i) => [3, 5, 7].map((n) => WORDS[(i * n + n) % 9]).join(' '));
const file = join(work, 'texts.jsonl');
await writeFile(file, texts.map((text) => `${JSON.stringify({ text })}\n`).join(''));

await mkdir(join(folder, '1_Pooling'));
const pooling = { word_embedding_dimension: 7, pooling_mode_mean_tokens: true };
await writeFile(join(folder, '1_Pooling', 'config.json'), JSON.stringify(pooling));

const teacher = await openModel(folder);
const made = async (spec: string, name: string) =>
  (await openStudent(spec, teacher, join(work, name), 0, (id) => Promise.resolve(id))).model;
const options = distillSchema.parse({ batchSize: 8, learningRate: 3e-3, epochs: 12 });
const data = { file, text: 'text', heldOut: 0.25, limit: 100, measure: true };
const context = { threads: 1 };

it('moves a student’s vectors of texts that it has not seen towards its teacher’s', async () => {
  const student = await made('layers:1', 'one');
  const { before, after, losses, ...rest } = await distillBare(
    teacher,
    student,
    data,
    join(work, 'one'),
    options,
    context,
  );
  expect(rest.teacher!.cosine).toBeCloseTo(1, 5);
  expect(before!.cosine).toBeLessThan(0.99);
  expect(1 - after!.cosine).toBeLessThan(0.5 * (1 - before!.cosine));
  expect(losses.at(-1)).toBeLessThan(0.5 * losses[0]);
  expect(rest.trainRows + rest.testRows).toBe(48);
  expect(JSON.parse(await readFile(join(work, 'one', '1_Pooling', 'config.json'), 'utf8'))).toEqual({
    word_embedding_dimension: teacher.config.width,
    pooling_mode_mean_tokens: true,
  });
  const written = await openModel(join(work, 'one'));
  expect([written.task, written.config.layers]).toEqual([teacher.task, 1]);
});

it('counts micro-batches by their texts, and can match every layer and where tokens look', async () => {
  const student = await made('layers:1', 'two');
  const ids = Array.from({ length: 8 }, (_, i) => Int32Array.of(2, 3 + (i % 5), 4, 2 + (i % 7)));
  const first = async (changed: object) =>
    (
      await distillEncoder(
        teacher,
        student,
        { ids, file },
        join(work, 'two'),
        { ...options, steps: 1, ...changed },
        context,
      )
    ).losses[0];
  const whole = await first({ batchSize: 8 });
  expect(await first({ batchSize: 2, accumulate: 4 })).toBeCloseTo(whole, 5);
  expect(await first({ batchSize: 8, match: 'hidden,attention', layerMap: '1=1' })).not.toBeCloseTo(whole, 3);
});

it('brings back what pruning an encoder cost', async () => {
  const quiet = quietContext(work);
  const given = { method: 'depth', amount: 1, recoverSteps: 60, recoverLearningRate: 3e-3 };
  const rows = { file, text: 'text', label: 'label' };
  const out = join(work, 'recovered');
  const result = await pruneEncoder(teacher, out, pruneSchema.parse({ ...given, recover: 'distill' }), rows, quiet);
  expect(scoreOf(result.pruned!)).toBeLessThan(scoreOf(result.before));
  expect(result.regained).toBeGreaterThan(0.2);
  const full = pruneEncoder(teacher, join(work, 'x'), pruneSchema.parse({ ...given, recover: 'full' }), rows, quiet);
  await expect(full).rejects.toThrow(/--recover distill/);
});

it('refuses students of other vectors, and ways of teaching by words', async () => {
  const narrow = await made('fresh:layers=1,width=0.5', 'narrow');
  const run = (student: typeof narrow, changed = {}) =>
    distillBare(teacher, student, data, join(work, 'x'), { ...options, ...changed }, context);
  await expect(run(narrow)).rejects.toMatchObject({ code: 'arguments/incompatible' });
  await expect(run(teacher, { method: 'sequence' })).rejects.toThrow(/--method sequence/);
  await expect(
    run(await openModel(join(import.meta.dirname, '../fixtures/models/bert-classification'))),
  ).rejects.toThrow(/no bare encoder/);
});
