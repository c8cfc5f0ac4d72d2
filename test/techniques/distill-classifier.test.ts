/** A classifier taught by a classifier: it learns the teacher's mind, texts are heard once, other classes are refused. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openModel } from '../../app/models/model.ts';
import { distillClassifier } from '../../app/techniques/distill/distill-classifier.ts';
import { distillSchema } from '../../app/techniques/distill/schema.ts';
import { openStudent } from '../../app/techniques/distill/student.ts';
import { writeWordTokenizer } from '../models/word-tokenizer.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-classifier-'));
afterAll(() => rm(work, { recursive: true }));
const FIXTURE = join(import.meta.dirname, '../fixtures/models/bert-classification');
const CLASSES = ['sea', 'food', 'sky'];
const WORDS = { sea: ['ship', 'whale', 'sail'], food: ['bread', 'soup', 'honey'], sky: ['cloud', 'star', 'moon'] };

const folder = join(work, 'teacher');
await cp(FIXTURE, folder, { recursive: true });
await writeWordTokenizer(folder, ['[PAD]', '[UNK]', ...Object.values(WORDS).flat()]);
const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'));
const id2label = Object.fromEntries(CLASSES.map((name, i) => [i, name]));
await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, id2label }));
const file = join(work, 'data.jsonl');
const rows = Array.from({ length: 48 }, (_, i) => {
  const label = CLASSES[i % 3] as keyof typeof WORDS;
  const words = WORDS[label];
  return { text: `${words[i % 2]} ${words[(i >> 2) % 3]} ${WORDS.sky[(i >> 3) % 3]}`, label };
});
await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));

const teacher = await openModel(folder);
const data = { file, columns: { text: 'text', label: 'label' }, heldOut: 0.2 };
const cache = { folder: join(work, 'cache') };
const options = distillSchema.parse({ alpha: 1, epochs: 30, batchSize: 8, learningRate: 3e-3, temperature: 2 });

it('teaches a student of fewer layers what the teacher thinks, heard once', async () => {
  const { model: student } = await openStudent('layers:1', teacher, join(work, 'out'), 0, (id) => Promise.resolve(id));
  const run = () => distillClassifier(teacher, student, data, join(work, 'out'), options, { threads: 1, cache });
  const first = await run();
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  expect(mean(first.losses.slice(-5))).toBeLessThan(0.1 * mean(first.losses.slice(0, 5)));
  expect(first.agreement).toBeGreaterThan(0.8);
  expect(first.cache).toMatchObject({ hit: false, predictions: first.trainRows, massLost: { max: 0 } });
  const written = await openModel(first.model);
  expect(written.task).toEqual(teacher.task);
  expect(written.config.layers).toBe(1);
  const second = await run();
  expect(second.cache.hit).toBe(true);
  expect(second.losses).toEqual(first.losses);
  expect(second.after.accuracy).toBe(first.after.accuracy);
});

it('learns texts without a class from the teacher’s word alone, and measures on those that have one', async () => {
  const { model: student } = await openStudent('layers:1', teacher, join(work, 'few'), 0, (id) => Promise.resolve(id));
  const written = async (name: string, content: readonly object[]) => {
    await writeFile(join(work, name), content.map((row) => `${JSON.stringify(row)}\n`).join(''));
    return { ...data, file: join(work, name) };
  };
  const context = { threads: 1, cache: { among: work } };
  const bare = rows.map((row, i) => ({ ...row, label: i % 2 === 0 ? '' : null }));
  const source = { ...(await written('bare.jsonl', bare)), evaluation: file };
  // Nothing but labels counts, of which there is none: what is learnt is the class that the teacher names.
  const result = await distillClassifier(
    teacher,
    student,
    source,
    join(work, 'few'),
    { ...options, alpha: 0 },
    context,
  );
  expect(result).toMatchObject({ trainRows: rows.length, unlabelledRows: rows.length, testRows: rows.length });
  expect(result.agreement).toBeGreaterThan(0.9);
  expect(result.losses.at(-1)).toBeLessThan(0.3 * result.losses[0]);
  const half = await written(
    'half.jsonl',
    rows.map((row, i) => (i % 2 === 0 ? row : { text: row.text })),
  );
  const settings = { ...options, steps: 1 };
  const { testRows, unlabelledRows } = await distillClassifier(
    teacher,
    student,
    half,
    join(work, 'x'),
    settings,
    context,
  );
  expect([testRows > 0, testRows < rows.length / 2, unlabelledRows > 0]).toEqual([true, true, true]);
});

it('refuses texts of which none has a class to measure on, and classes that the teacher does not know', async () => {
  const student = teacher;
  const none = join(work, 'none.jsonl');
  const fails = async (content: readonly object[], message: RegExp) => {
    await writeFile(none, content.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const run = distillClassifier(teacher, student, { ...data, file: none }, join(work, 'x'), options, { cache });
    await expect(run).rejects.toThrow(message);
  };
  await fails(
    rows.map(({ text }) => ({ text, label: null })),
    /--eval/,
  );
  await fails([...rows, { text: 'ship', label: 'land' }], /"land", which was not learnt/);
});

it('refuses ways of teaching that need a teacher who writes', async () => {
  const wrong = { ...options, method: 'sequence' as const };
  const run = distillClassifier(teacher, teacher, data, join(work, 'x'), wrong, { cache });
  await expect(run).rejects.toThrow(/--method sequence/);
});

it('refuses a student of other classes', async () => {
  const other = join(work, 'other');
  await cp(join(FIXTURE, '../bert'), other, { recursive: true });
  const run = distillClassifier(teacher, await openModel(other), data, join(work, 'x'), options, { cache });
  await expect(run).rejects.toMatchObject({ code: 'arguments/incompatible' });
});
