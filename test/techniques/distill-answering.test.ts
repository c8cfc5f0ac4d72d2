/** Distillation of models with an encoder and a decoder: students made of them, every thought matched, answers written. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadDataset } from '../../app/datasets/index.ts';
import { scoreTexts } from '../../app/evaluate/text-scores.ts';
import { writtenAnswers } from '../../app/evaluate/written-answers.ts';
import { openWriter } from '../../app/generate/open-writer.ts';
import { type Model, openModel } from '../../app/models/model.ts';
import { loadTokenizer } from '../../app/models/tokenizer.ts';
import { readFloats } from '../../app/models/weights/constants.ts';
import { assertCanTeach } from '../../app/techniques/distill/can-teach.ts';
import { distill } from '../../app/techniques/distill/distill.ts';
import { PredictionIndex, storeExamples } from '../../app/techniques/distill/examples.ts';
import { learnAnswers } from '../../app/techniques/distill/learn-answers.ts';
import { distillSchema } from '../../app/techniques/distill/schema.ts';
import { withTeacher } from '../../app/techniques/distill/source.ts';
import { openStudent } from '../../app/techniques/distill/student.ts';
import { TeacherCache } from '../../app/techniques/distill/teacher-cache.ts';
import { teacherHash } from '../../app/techniques/distill/teacher-hash.ts';
import { writeAnswers } from '../../app/techniques/distill/write-answers.ts';
import { finetune } from '../../app/techniques/finetune/finetune.ts';
import type { StepReport } from '../../app/techniques/finetune/loop.ts';
import { batchMaker } from '../../app/techniques/finetune/open-source.ts';
import { finetuneSchema } from '../../app/techniques/finetune/schema.ts';
import { makeTinyModel } from '../models/tiny-model.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-distill-answering-'));
afterAll(() => rm(work, { recursive: true }));
const folder = await makeTinyModel(work, 't5');
const tokenizer = await loadTokenizer(folder);

const ROWS = ['whale', 'hero', 'life', 'Friday'].map((word, i) => ({ source: `Say ${word}`, target: `${word} ${i}` }));
const file = join(work, 'rows.jsonl');
await writeFile(file, ROWS.map((row) => JSON.stringify(row)).join('\n'));
const read = async (path: string) =>
  (await loadDataset(path, tokenizer, undefined, { maxLength: 32, sides: true })).train;
const data = { store: await read(file), path: file };

await finetune(
  await openModel(folder),
  data,
  join(work, 'teacher'),
  finetuneSchema.parse({
    method: 'full',
    schedule: 'constant',
    weightDecay: 0,
    steps: 200,
    batchSize: 4,
    maxLength: 32,
    learningRate: 5e-3,
  }),
  { threads: 1 },
);
const teacher = await openModel(join(work, 'teacher'));
const options = distillSchema.parse({
  batchSize: 4,
  maxLength: 32,
  maxAnswer: 12,
  learningRate: 5e-3,
  schedule: 'constant',
  weightDecay: 0,
  alpha: 1,
});
const context = { threads: 1, cache: { folder: join(work, 'cache') } };

async function scores(path: string) {
  const writer = await openWriter(path, { threads: 1 });
  const { answers, references, tokens } = await writtenAnswers(writer, tokenizer, data.store);
  writer.dispose();
  expect(tokens).toBeGreaterThan(0);
  return scoreTexts(answers, references, ['exactMatch', 'bleu', 'chrf']);
}

const made = async (spec: string): Promise<Model> =>
  (await openStudent(spec, teacher, join(work, spec.replace(/\W/g, '-')), 0, async (id) => id)).model;

describe('a student made of its teacher', () => {
  it('keeps every other layer of both sides, or has fresh weights in the sizes asked for', async () => {
    const half = await made('layers:1');
    expect(half.config).toMatchObject({ layers: 1, encoderLayers: 1, width: 64 });
    expect([...half.weights.keys()].filter((name) => /block\.1\./.test(name))).toEqual([]);
    const fresh = await made('fresh:layers=0.5,width=0.5');
    expect(fresh.config).toMatchObject({ layers: 1, encoderLayers: 1, width: 32, heads: 2, headDim: 16 });
    expect(fresh.parameters).toBeLessThan(0.4 * teacher.parameters);
  });
});

describe('what the teacher thinks of every token of an answer', () => {
  it('is nothing new to the teacher itself', async () => {
    const { losses, agreement } = await distill(
      teacher,
      teacher,
      data,
      join(work, 'self'),
      { ...options, steps: 1 },
      context,
    );
    expect(losses[0]).toBeLessThan(1e-6);
    expect(agreement).toBe(1);
  });

  it('makes a student of half the layers say what its teacher says', async () => {
    const student = await made('layers:1');
    const out = join(work, 'taught');
    const { losses, agreement } = await distill(teacher, student, data, out, { ...options, steps: 150 }, context);
    expect(losses.at(-1)).toBeLessThan(0.05 * losses[0]);
    expect(agreement).toBe(1);
    expect(await scores(out)).toEqual(await scores(teacher.folder));
    expect((await scores(out)).exactMatch).toBe(1);
  });

  it('and of its layers, by attention and states of another width, leaves an ordinary student', async () => {
    const student = await made('fresh:layers=1,width=32,heads=2,inner=64');
    const settings = { ...options, match: 'hidden,attention' as const, layerMap: 'last', steps: 60 };
    const out = join(work, 'matched');
    const measured: number[] = [];
    const onStep = (step: StepReport) => measured.push(step.measured.match);
    const { losses } = await distill(teacher, student, data, out, settings, { ...context, onStep });
    expect(losses.at(-1)).toBeLessThan(0.5 * losses[0]);
    expect(measured.at(-1)).toBeLessThan(0.5 * measured[0]);
    const written = await openModel(out);
    expect([...written.weights.keys()].sort()).toEqual([...student.weights.keys()].sort());
  });

  it('is never learnt at another token or of another input', async () => {
    const make = batchMaker(teacher, data);
    const examples = storeExamples(data.store, 64, make);
    const index = await PredictionIndex.of(examples);
    const { version: _, sha256: __, ...key } = JSON.parse(await readFile(join(work, 'cache', 'teacher.json'), 'utf8'));
    const cache = (await TeacherCache.open(join(work, 'cache'), key))!;
    const rows = [];
    for await (const row of examples.rows()) rows.push(row);
    expect((await withTeacher(make(rows), cache, index)).inputs.teacher.shape[0]).toBe(index.count);
    const [first, second] = rows;
    // The answer of one row behind the input of another, and an answer with another token in it.
    const begin = Array.from(first.labels).findIndex((label) => label >= 0);
    const swapped = { ...first, ids: Int32Array.from(first.ids, (id, t) => (t === begin - 2 ? second.ids[t] : id)) };
    const changed = { ...first, labels: Int32Array.from(first.labels, (id, t) => (t === begin + 1 ? id + 1 : id)) };
    for (const row of [swapped, changed]) {
      await expect(withTeacher(make([row]), cache, index)).rejects.toMatchObject({ code: 'distill/misaligned' });
    }
    await cache.close();
  });

  it('is of no use to a model that reads rows in another way, which is told', async () => {
    const decoder = await openModel(await makeTinyModel(work, 'llama'));
    await expect(distill(teacher, decoder, data, join(work, 'x'), options, context)).rejects.toThrow(
      /--method sequence/,
    );
  });
});

it('writes answers that a student with another tokenizer learns', async () => {
  const request = { teacher: { folder: teacher.folder, hash: await teacherHash(teacher) }, file, heldOut: 0, seed: 0 };
  const settings = { maxAnswer: 12, maxLength: 32, temperature: 0 };
  const answers = await writeAnswers(
    { ...request, ...settings },
    { threads: 1, cache: { folder: join(work, 'answers') } },
  );
  const written = (await readFile(answers.file, 'utf8')).trim().split('\n');
  expect(written.map((row) => JSON.parse(row))).toEqual(
    ROWS.map(({ source, target }) => ({ prompt: source, completion: target })),
  );
  const student = await made('fresh:layers=1,width=32,heads=2,inner=64');
  const learnt = { store: await read(answers.file), path: answers.file };
  const lesson = { folder: teacher.folder, hash: request.teacher.hash };
  const out = join(work, 'learnt');
  const { losses } = await learnAnswers(student, learnt, lesson, out, { ...options, steps: 20 }, { threads: 1 });
  expect(losses.at(-1)).toBeLessThan(losses[0]);
});

it('says before anything is measured what cannot be taught so', async () => {
  const decoder = await openModel(await makeTinyModel(work, 'llama'));
  const fails = (other: Model, method: 'logits' | 'sequence' | 'on-policy', message: RegExp, rows?: number) =>
    expect(assertCanTeach(teacher, other, { method, match: 'none' }, rows)).rejects.toThrow(message);
  await fails(decoder, 'logits', /--method sequence/);
  await fails(teacher, 'on-policy', /does not continue a text/);
  await fails(teacher, 'logits', /--max-length 512/, 513);
  await fails(decoder, 'sequence', /rows of 2000 tokens exceed the model's 512/, 2000);
  await assertCanTeach(teacher, decoder, { method: 'sequence', match: 'none' }, 512);
});

describe('a translator in the manner of Marian', async () => {
  const translator = await openModel(await makeTinyModel(work, 'marian'));
  const learn = { ...options, steps: 40, temperature: 1 };
  const cached = { threads: 1, cache: { folder: join(work, 'marian-cache') } };
  const learning = { method: 'full', steps: 60, batchSize: 4, maxLength: 32, learningRate: 5e-3, weightDecay: 0 };
  await finetune(translator, data, join(work, 'translator'), finetuneSchema.parse(learning), { threads: 1 });
  const master = await openModel(join(work, 'translator'));
  const student = await openStudent('every:2', master, join(work, 'every-2'), 0, async (id) => id);

  it('gives every other layer of its encoder and of its decoder, as they are', async () => {
    expect(student.model.config).toMatchObject({ encoderLayers: 2, layers: 2 });
    expect(student.model.configJson).toMatchObject({ encoder_layers: 2, decoder_layers: 2 });
    const same = async (name: string, source: string) =>
      expect(await readFloats(student.model.weights.get(name)!), name).toEqual(
        await readFloats(master.weights.get(source)!),
      );
    await same('model.encoder.layers.1.fc1.weight', 'model.encoder.layers.2.fc1.weight');
    await same(
      'model.decoder.layers.1.encoder_attn.k_proj.weight',
      'model.decoder.layers.2.encoder_attn.k_proj.weight',
    );
    await same('final_logits_bias', 'final_logits_bias');
  });

  it('is nothing new to itself, and teaches its student what it says', async () => {
    const itself = await distill(master, master, data, join(work, 'same'), { ...learn, steps: 1 }, cached);
    expect(itself.losses[0]).toBeLessThan(1e-6);
    const out = join(work, 'marian-taught');
    const { losses, agreement, cache } = await distill(master, student.model, data, out, learn, cached);
    expect(cache.hit).toBe(true);
    expect(losses.at(-1)).toBeLessThan(0.1 * losses[0]);
    expect(agreement).toBeGreaterThan(0.9);
    expect((await scores(out)).chrf).toBeGreaterThan(90);
  });
});
