/**
 * Sequence-level distillation (Kim and Rush 2016): the teacher writes an answer to every prompt of the data, and the student
 * learns from them as text, so that the two need no common tokenizer.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import {
  ExampleEncoder,
  encodeSides,
  IGNORED,
  isHeldOut,
  openExamples,
  type ReadOptions,
} from '../../datasets/index.ts';
import type { Example } from '../../datasets/types.ts';
import { writeFileAtomically, writeJsonAtomically } from '../../files/atomic.ts';
import { Answerer } from '../../generate/answerer.ts';
import { idsWritten, openWriter } from '../../generate/open-writer.ts';
import { findChatTemplate } from '../../models/chat-template.ts';
import { loadTokenizer } from '../../models/tokenizer.ts';
import type { CachePlace } from './distill.ts';

export interface AnswersRequest extends ReadOptions {
  /** Folder of the teacher, and what identifies it. */
  readonly teacher: { readonly folder: string; readonly hash: string };
  readonly file: string;
  /** Most tokens of an answer. */
  readonly maxAnswer: number;
  readonly maxLength: number;
  /** 0: the likeliest token, always. */
  readonly temperature: number;
  readonly seed: number;
  /** Share of the rows that are kept apart for measuring: they get no answers. */
  readonly heldOut: number;
}

export interface AnswersContext {
  readonly cache: CachePlace;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onAnswer?: (done: number, total: number) => void;
}

export interface Answers {
  readonly folder: string;
  /** JSONL with `messages`, or `prompt` and `completion`. */
  readonly file: string;
  readonly hit: boolean;
  readonly answers: number;
  /** Prompts that the teacher had no words for, or that were too long. */
  readonly empty: number;
  readonly bytes: number;
  readonly seconds: number;
}

const note = z.object({
  version: z.literal(1),
  key: z.string(),
  answers: z.number(),
  empty: z.number(),
  sha256: z.string(),
});

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** @throws UserError dataset/no-answers where the data have no prompts, distill/other-cache, disk/full, file/* */
export async function writeAnswers(request: AnswersRequest, context: AnswersContext): Promise<Answers> {
  const begin = performance.now();
  const { teacher, file, ...settings } = request;
  const examples = await promptsOf(request);
  const key = sha256(JSON.stringify([teacher.hash, examples, settings.maxAnswer, settings.temperature, settings.seed]));
  const place = context.cache;
  const folder = resolve('folder' in place ? place.folder : join(place.among, key.slice(0, 32)));
  const [rows, noted] = [join(folder, 'answers.jsonl'), join(folder, 'answers.json')];
  const known = note.safeParse(parse(await readFile(noted, 'utf8').catch(() => ''))).data;
  if (known && known.key !== key) {
    throw new UserError('distill/other-cache', `the answers in ${folder} are another teacher's, or to other prompts`);
  }
  const seconds = () => (performance.now() - begin) / 1000;
  const kept = known && (await readFile(rows).catch(() => undefined));
  if (known && kept && sha256(kept) === known.sha256) {
    const { answers, empty } = known;
    return { folder, file: rows, hit: true, answers, empty, bytes: kept.length, seconds: seconds() };
  }
  const written = await answer(examples, request, context);
  const text = written.map((row) => `${JSON.stringify(row)}\n`).join('');
  await writeFileAtomically(rows, text);
  const counts = { answers: written.length, empty: examples.length - written.length };
  await writeJsonAtomically(noted, { version: 1, key, ...counts, sha256: sha256(text) });
  return { folder, file: rows, hit: false, ...counts, bytes: Buffer.byteLength(text), seconds: seconds() };
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

async function promptsOf({ file, format, columns, heldOut, seed }: AnswersRequest): Promise<Example[]> {
  const reader = await openExamples(file, { format, columns });
  const examples: Example[] = [];
  for await (const batch of reader.rows) {
    for (const { example } of batch) {
      if (!example || example.kind === 'text') continue;
      if (heldOut > 0 && isHeldOut(example, heldOut, seed)) continue;
      examples.push(example);
    }
  }
  if (examples.length === 0) {
    throw new UserError('dataset/no-answers', `${file} has no prompts that a teacher could answer, only text`);
  }
  return examples;
}

async function answer(
  examples: readonly Example[],
  { teacher, maxAnswer, maxLength, temperature, seed }: AnswersRequest,
  { threads, signal, onAnswer }: AnswersContext,
): Promise<object[]> {
  const [tokenizer, template] = await Promise.all([loadTokenizer(teacher.folder), findChatTemplate(teacher.folder)]);
  const writer = await openWriter(teacher.folder, { threads, maxLength: maxLength + maxAnswer });
  const encoder = new ExampleEncoder(tokenizer, template, { loss: 'last-answer' });
  // One that reads its prompt with an encoder has the whole of its length for either.
  const [most, encode] =
    writer instanceof Answerer
      ? [writer.model.config.maxLength, (example: Example) => encodeSides(example, tokenizer, Number.POSITIVE_INFINITY)]
      : [writer.maxLength - maxAnswer, (example: Example) => encoder.encode(example)];
  const rows: object[] = [];
  try {
    for (const [i, example] of examples.entries()) {
      const { ids, labels } = encode(example);
      const end = labels.findIndex((label) => label !== IGNORED);
      const prompt = Array.from(ids.subarray(0, end));
      if (prompt.length > 0 && prompt.length <= most) {
        const options = { maxTokens: maxAnswer, stopIds: tokenizer.stopIds, temperature, seed: seed + i, signal };
        const text = tokenizer.decode(await idsWritten(writer, prompt, options), { skipSpecial: true }).trim();
        if (text !== '') rows.push(withAnswer(example, text));
      }
      onAnswer?.(i + 1, examples.length);
    }
  } finally {
    writer.dispose();
  }
  return rows;
}

/** The example with the teacher's words in the place of its last answer. */
export function withAnswer(example: Example, text: string): object {
  switch (example.kind) {
    case 'chat': {
      const last = example.messages.findLastIndex(({ role }) => role === 'assistant');
      const messages = [...example.messages.slice(0, last), { role: 'assistant', content: text }];
      return { messages, ...(example.tools ? { tools: example.tools } : {}) };
    }
    case 'preference':
      return { messages: [...example.prompt, { role: 'assistant', content: text }] };
    case 'completion':
      return { prompt: example.prompt, completion: text };
    case 'pair':
      return { prompt: example.source, completion: text };
    case 'labelled':
      return { prompt: example.text, completion: text };
    case 'text':
      throw new Error('a text has no answer');
  }
}
