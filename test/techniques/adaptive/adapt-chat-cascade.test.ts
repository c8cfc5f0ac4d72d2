/** A small chat model before a large one: asked alone where that is proved, never where it is not, and its folder answers so. */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openChatCascade } from '../../../app/generate/cascade-text.ts';
import { Speaker } from '../../../app/generate/speaker.ts';
import { adaptChatCascade } from '../../../app/techniques/adaptive/adapt-chat-cascade.ts';
import { writeCascade } from '../../../app/techniques/adaptive/cascade-folder.ts';
import { adaptSchema } from '../../../app/techniques/adaptive/schema.ts';
import { makeTinyModel } from '../../models/tiny-model.ts';
import { readJson, writeRows } from './topics.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-chat-cascade-'));
afterAll(() => rm(work, { recursive: true, force: true }));

const TOKENS = 6;
const options = adaptSchema.parse({ maxLoss: 0.2, confidence: 0.8, answerTokens: TOKENS });
const questions = Array.from({ length: 60 }, (_, i) => [
  { role: 'user', content: `${i} is the capital of ${['France', 'whales', 'my life'][i % 3]}` },
]);

let folders: { small: string; large: string };
const answers: Record<'small' | 'large', string[]> = { small: [], large: [] };

/** Chats in which one of the two has the right answers. */
async function chatsOf(who: 'small' | 'large', name: string): Promise<string> {
  return writeRows(
    join(work, name),
    questions.map((messages, i) => ({ messages: [...messages, { role: 'assistant', content: answers[who][i] }] })),
  );
}

beforeAll(async () => {
  folders = { small: await makeTinyModel(work, 'llama'), large: await makeTinyModel(work, 'untied') };
  // Answers follow what was asked, not the line end of a template.
  for (const folder of Object.values(folders)) {
    const file = join(folder, 'tokenizer_config.json');
    const config = await readJson(file);
    await writeFile(file, JSON.stringify({ ...config, chat_template: "{{ messages[-1]['content'] }}" }));
  }
  for (const who of ['small', 'large'] as const) {
    const speaker = await Speaker.open(folders[who], { threads: 1 });
    for (const messages of questions) answers[who].push((await speaker.answer(messages, { maxTokens: TOKENS })).text);
    speaker.dispose();
  }
}, 60_000);

it('asks the small one alone where that is proved to lose nothing', async () => {
  const file = await chatsOf('small', 'small.jsonl');
  const out = join(work, 'alone');
  const result = await adaptChatCascade(folders, { file }, out, options, { threads: 1 });
  expect(result).toMatchObject({ kind: 'chat-cascade', layers: 2, askedLarge: 0, meanLayersUsed: 1 });
  expect(result.metric.adaptive).toBeCloseTo(1);
  expect(result.metric.full).toBeLessThan(0.9);
  expect(result.guarantee.pValue).toBeLessThanOrEqual(0.2);
  expect(result.guarantee.metric).toBe('token F1');
  expect(result.bestFixed.layer).toBe(1);
  expect(result.smallAlone).toMatchObject({ proved: true, speedup: result.bestFixed.speedup });
  // Then a cascade brings nothing that the small one does not.
  expect(result.worthwhile).toBe(false);
  expect(result.proposals[0]).toMatch(/small model alone/);
  const { tuning, calibration, test } = result.rows;
  expect(tuning + calibration + test).toBe(60);
  expect(await readJson(join(out, 'adaptive.json'))).toMatchObject({
    kind: 'chat-cascade',
    threshold: result.threshold,
  });

  const ask = async (threshold?: number) => {
    const cascade = (await openChatCascade(out, {}, { threads: 1, threshold }))!;
    const pieces: string[] = [];
    const answer = await cascade.answer(questions[0], { maxTokens: TOKENS }, (piece) => pieces.push(piece));
    cascade.dispose();
    expect(pieces.join('')).toBe(answer.text);
    return { stage: answer.stage, text: answer.text };
  };
  expect(await ask()).toEqual({ stage: 1, text: answers.small[0] });
  expect(await ask(1)).toEqual({ stage: 2, text: answers.large[0] });
  // Between the two ends the dial is the share of questions that the large one is asked.
  const stages: number[] = [];
  const half = (await openChatCascade(out, {}, { threads: 1, threshold: 0.5 }))!;
  for (const messages of questions) stages.push((await half.answer(messages, { maxTokens: TOKENS })).stage);
  half.dispose();
  const asked = stages.filter((stage) => stage === 2).length / stages.length;
  expect(asked).toBeGreaterThan(0.3);
  expect(asked).toBeLessThan(0.7);
  expect(await openChatCascade(out, { temperature: 1 }, {})).toBeUndefined();
  const drawn = openChatCascade(out, { temperature: 1 }, { threshold: 0.5 });
  await expect(drawn).rejects.toMatchObject({ code: 'arguments/incompatible' });
  // What is adaptive already is not put before, or behind, another.
  const again = adaptChatCascade({ ...folders, large: out }, { file }, join(work, 'again'), options, { threads: 1 });
  await expect(again).rejects.toMatchObject({ code: 'arguments/incompatible' });
});

it('asks the large one where the small one knows nothing, and says that nothing is won', async () => {
  const file = await chatsOf('large', 'large.jsonl');
  const result = await adaptChatCascade(folders, { file }, join(work, 'never'), options, { threads: 1 });
  expect(result.askedLarge).toBeGreaterThan(0.7);
  expect(result.guarantee.heldOut.loss).toBeLessThan(0.3);
  expect(result.smallAlone).toMatchObject({ proved: false, pValue: 1 });
  expect(result.worthwhile).toBe(false);
  expect(result.proposals.length).toBeGreaterThan(0);
});

it('refuses rows that a model has learnt from, and too few of them', async () => {
  const file = await chatsOf('small', 'known.jsonl');
  const strict = { ...options, maxLoss: 0.01, confidence: 0.95 };
  const trying = adaptChatCascade(folders, { file }, join(work, 'few'), strict, { threads: 1 });
  await expect(trying).rejects.toMatchObject({ code: 'adapt/too-few-rows' });
  await expect(trying).rejects.toThrow(
    /4\d\d questions with answers to calibrate on, and there are 30: give about 8\d\d/,
  );
  const step = { technique: 'finetune', options: { data: file }, date: '', versions: {} };
  await writeFile(join(folders.small, 'lathe.json'), JSON.stringify({ version: 1, steps: [step] }));
  const known = adaptChatCascade(folders, { file }, join(work, 'known'), options, { threads: 1 });
  await expect(known).rejects.toThrow(/has learnt from/);
});

it('asks the large one what the small one has no room for, and ends answers before stop texts', async () => {
  const narrow = { ...folders, small: await makeTinyModel(join(work, 'narrow'), 'llama') };
  await cp(join(folders.small, 'tokenizer_config.json'), join(narrow.small, 'tokenizer_config.json'));
  const config = join(narrow.small, 'config.json');
  await writeFile(config, JSON.stringify({ ...(await readJson(config)), max_position_embeddings: 24 }));
  const out = join(work, 'narrow-cascade');
  await writeCascade(narrow, out, { version: 1, kind: 'chat-cascade', threshold: 0 }, {});
  const cascade = (await openChatCascade(out, {}, { threads: 1 }))!;
  const ask = async (content: string, stop: string[] = []) =>
    cascade.answer([{ role: 'user', content }], { maxTokens: TOKENS, stop });
  const short = String(questions[0][0].content);
  expect(await ask(short)).toMatchObject({ stage: 1, text: answers.small[0] });
  // Too long a question; and one that leaves no room for a whole answer.
  expect((await ask(short.repeat(5))).stage).toBe(2);
  const filled = 'z'.repeat(20);
  expect((await ask(filled)).stage).toBe(2);
  const stop = answers.small[0].slice(2, 4);
  expect((await ask(short, [stop])).text).toBe(answers.small[0].slice(0, answers.small[0].indexOf(stop)));
  cascade.dispose();
});
