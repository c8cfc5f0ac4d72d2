/** Sequence-level distillation: the teacher's own greedy words take the place of the answers, once, and the student learns them. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { loadDataset } from '../../app/datasets/index.ts';
import { Decoder } from '../../app/generate/decoder.ts';
import { generateIds } from '../../app/generate/generate.ts';
import { findChatTemplate } from '../../app/models/chat-template.ts';
import { STARTER } from '../../app/models/library.ts';
import { openModel } from '../../app/models/model.ts';
import { openStored } from '../../app/models/stored.ts';
import { loadTokenizer } from '../../app/models/tokenizer.ts';
import { learnAnswers } from '../../app/techniques/distill/learn-answers.ts';
import { distillSchema } from '../../app/techniques/distill/schema.ts';
import { openStudent } from '../../app/techniques/distill/student.ts';
import { withAnswer, writeAnswers } from '../../app/techniques/distill/write-answers.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-answers-'));
afterAll(() => rm(work, { recursive: true }));
const file = join(work, 'chats.jsonl');
const chat = (question: string, answer: string) => ({
  messages: [
    { role: 'user', content: question },
    { role: 'assistant', content: answer },
  ],
});
const questions = ['When do I water an aloe?', 'Does a fern like sun?', 'What is a whale?'];
await writeFile(file, questions.map((question) => `${JSON.stringify(chat(question, 'No idea.'))}\n`).join(''));
const request = {
  teacher: { folder: STARTER, hash: 'starter' },
  file,
  maxAnswer: 6,
  maxLength: 64,
  temperature: 0,
  seed: 0,
  heldOut: 0,
};
const cache = { folder: join(work, 'cache') };

it('writes what the teacher says to every prompt, once', async () => {
  const first = await writeAnswers(request, { cache, threads: 1 });
  expect(first).toMatchObject({ hit: false, answers: 3, empty: 0 });
  const rows = (await readFile(first.file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const [tokenizer, template] = [await loadTokenizer(STARTER), await findChatTemplate(STARTER)];
  const decoder = await Decoder.open(await openStored(STARTER), { threads: 1, maxLength: 128 });
  for (const [i, content] of questions.entries()) {
    const prompt = tokenizer.encode(
      template!.render({ messages: [{ role: 'user', content }] }, { generationPrompt: true }),
    );
    const ids = await generateIds(decoder, prompt, { maxTokens: 6, stopIds: tokenizer.stopIds });
    expect(rows[i]).toEqual(chat(content, tokenizer.decode(ids, { skipSpecial: true }).trim()));
  }
  decoder.dispose();
  expect(await writeAnswers(request, { cache, threads: 1 })).toMatchObject({ hit: true, answers: 3 });
  await writeFile(first.file, 'changed');
  expect(await writeAnswers(request, { cache, threads: 1 })).toMatchObject({ hit: false, answers: 3 });
});

it('refuses another teacher’s answers, and data without prompts', async () => {
  const other = { ...request, teacher: { folder: STARTER, hash: 'another' } };
  await expect(writeAnswers(other, { cache })).rejects.toMatchObject({ code: 'distill/other-cache' });
  const text = join(work, 'book.txt');
  await writeFile(text, 'Call me Ishmael.\n');
  await expect(writeAnswers({ ...request, file: text }, { cache })).rejects.toMatchObject({
    code: 'dataset/no-answers',
  });
});

it('lets a student of any kind learn them', async () => {
  const teacher = await openModel(STARTER);
  const spec = 'fresh:layers=1,width=64,heads=2,groups=1,inner=64';
  const { model: student } = await openStudent(spec, teacher, join(work, 'out'), 0, (id) => Promise.resolve(id));
  const answers = await writeAnswers(request, { cache, threads: 1 });
  const dataset = await loadDataset(answers.file, await loadTokenizer(STARTER), await findChatTemplate(STARTER), {
    maxLength: 64,
  });
  const options = distillSchema.parse({ method: 'sequence', steps: 6, learningRate: 5e-3, maxLength: 64 });
  const data = { store: dataset.train, path: answers.file };
  const result = await learnAnswers(student, data, request.teacher, join(work, 'out'), options, { threads: 1 });
  expect(result.losses.at(-1)!).toBeLessThan(result.losses[0] - 0.5);
  expect((await openModel(result.model)).parameters).toBe(student.parameters);
});

it('puts the answer where each format has it', () => {
  expect(withAnswer({ kind: 'pair', source: 'a', target: 'b' }, 'c')).toEqual({ prompt: 'a', completion: 'c' });
  expect(withAnswer({ kind: 'chat', ...chat('q', 'a') }, 'new')).toEqual(chat('q', 'new'));
});
