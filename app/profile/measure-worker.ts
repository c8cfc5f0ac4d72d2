/** The process that `measureModel` starts: one request in, one measurement out. */
import { readFile } from 'node:fs/promises';
import { UserError } from '../contract/errors.ts';
import { EncodedStore, IGNORED, isTokensFile, loadDataset, TokensFile } from '../datasets/index.ts';
import { answerLoss } from '../evaluate/answers.ts';
import { perplexity } from '../evaluate/perplexity.ts';
import { scoreTexts } from '../evaluate/text-scores.ts';
import { writtenAnswers } from '../evaluate/written-answers.ts';
import { Answerer } from '../generate/answerer.ts';
import { Decoder, type DecoderOptions } from '../generate/decoder.ts';
import { openWriter } from '../generate/open-writer.ts';
import { findChatTemplate } from '../models/chat-template.ts';
import { modelSize } from '../models/size.ts';
import { openStored } from '../models/stored.ts';
import { loadTokenizer } from '../models/tokenizer.ts';
import type { OperatorTime } from '../runtime/session.ts';
import type { MeasureMessage, Measurement, MeasureRequest } from './measure.ts';
import { peakMemory } from './peak-memory.ts';
import { type ContextSpeed, measureSpeed } from './speed.ts';

const send = (message: MeasureMessage): Promise<void> =>
  new Promise((resolve) => (process.send ? process.send(message, () => resolve()) : resolve()));

const progress = (label: string) => (done: number, total: number) =>
  void send({ kind: 'progress', label, done, total });

async function quality(model: Decoder | Answerer, request: MeasureRequest): Promise<Partial<Measurement>> {
  const wanted = request.quality;
  if (!wanted) return {};
  const answers = model instanceof Answerer;
  if (wanted.kind === 'text') {
    if (answers) throw new UserError('arguments/incompatible', 'an encoder-decoder is measured on prompts and answers');
    const tokenizer = await loadTokenizer(request.model);
    const text = await readFile(wanted.file, 'utf8');
    const all = tokenizer.encode(text, { special: true });
    const ids = wanted.tokens === undefined ? all : all.slice(0, wanted.tokens);
    const onProgress = progress('Perplexity');
    const result = await perplexity(model, ids, { ...wanted, onProgress });
    const bytes = Buffer.byteLength(tokenizer.decode(ids, { skipSpecial: true }));
    return {
      perplexity: result.perplexity,
      bitsPerByte: result.nats / Math.LN2 / bytes,
      evaluatedTokens: result.tokens,
    };
  }
  const { store, pairs } = await answersOf(wanted, request.model, answers);
  const { file, format, limit } = wanted;
  const { metrics = pairs || (answers && !isTokensFile(file, format)) ? ANSWERED : [] } = wanted;
  const result = await answerLoss(model, store, { limit, onProgress: progress('Perplexity of answers') });
  const measured = { perplexity: result.perplexity, evaluatedTokens: result.tokens };
  if (metrics.length === 0) return measured;
  const tokenizer = await loadTokenizer(request.model);
  const written = await writtenAnswers(model, tokenizer, store, { limit, onProgress: progress('Writing answers') });
  return { ...measured, ...scoreTexts(written.answers, written.references, metrics) };
}

const ANSWERED = ['bleu', 'chrf'] as const;

type Answers = Extract<NonNullable<MeasureRequest['quality']>, { kind: 'answers' }>;

async function answersOf(
  { file, format, columns, maxLength, loss, heldOut, seed }: Answers,
  model: string,
  sides: boolean,
): Promise<{ readonly store: EncodedStore; readonly pairs: boolean }> {
  if (isTokensFile(file, format)) return { store: await tokensAsStore(file, sides), pairs: false };
  const tokenizer = await loadTokenizer(model);
  const template = await findChatTemplate(model);
  const options = { format, columns, maxLength, loss, heldOut, seed, sides };
  const dataset = await loadDataset(file, tokenizer, template, options);
  // Sources with their targets are there to be rewritten: what the model writes is what counts.
  const pairs = dataset.format === 'source-target';
  return { store: dataset.heldOut.supervised > 0 ? dataset.heldOut : dataset.train, pairs };
}

/** @param sides inputs and answers side by side, as models with an encoder and a decoder take them */
async function tokensAsStore(path: string, sides: boolean): Promise<EncodedStore> {
  const file = await TokensFile.open(path);
  const store = new EncodedStore();
  for (let step = 0; step < file.steps; step++) {
    const { ids, labels, attentionMask } = await file.step(step);
    for (let at = 0; at < ids.length; at += file.length) {
      const [row, answer] = [ids, labels].map((values) => values.subarray(at, at + file.length));
      if (!sides) {
        store.add(row, answer);
        continue;
      }
      const input = row.filter((_, t) => attentionMask?.[at + t] !== 0);
      const output = answer.filter((label) => label !== IGNORED);
      store.add(Int32Array.of(...input, ...output), Int32Array.of(...input.map(() => IGNORED), ...output));
    }
  }
  return store;
}

async function measure(request: MeasureRequest): Promise<Measurement> {
  const { model, contexts, repeat } = request;
  const begin = performance.now();
  const writer = await openWriter(model, settingsOf(request));
  const loadMs = performance.now() - begin;
  const speeds = await measureSpeed(writer, { contexts, repeat, onProgress: progress('Speed') });
  // Before the evaluation, whose many logits are not what running the model needs.
  const peakMemoryBytes = peakMemory();
  const quality_ = await quality(writer, request);
  writer.dispose();
  return {
    sizeBytes: await modelSize(model),
    loadMs,
    peakMemoryBytes,
    contexts: speeds,
    operators: request.operators && writer instanceof Decoder ? await operatorTimes(request) : [],
    ...quality_,
    ...summary(speeds),
  };
}

const settingsOf = ({ threads, cacheType, promptType, settings }: MeasureRequest): DecoderOptions => ({
  ...settings,
  threads: threads ?? settings?.threads,
  cacheType: cacheType ?? settings?.cacheType,
  promptType: promptType ?? settings?.promptType,
});

function summary(speeds: readonly ContextSpeed[]): Partial<Measurement> {
  const [first] = speeds;
  const last = speeds.at(-1);
  if (!first || !last) return {};
  return {
    prefillTokensPerSecond: last.prefillTokensPerSecond,
    decodeTokensPerSecond: first.decodeTokensPerSecond,
    timeToFirstTokenMs: last.timeToFirstTokenMs,
  };
}

/** Profiling slows a run down, so times by operator come from runs of their own. */
async function operatorTimes(request: MeasureRequest): Promise<OperatorTime[]> {
  const { model, contexts } = request;
  const decoder = await Decoder.open(await openStored(model), { ...settingsOf(request), profile: true });
  await measureSpeed(decoder, { contexts: contexts.slice(0, 1), repeat: 1 });
  const times = decoder.operatorTimes();
  decoder.dispose();
  return times;
}

process.once('message', async (request: MeasureRequest) => {
  try {
    await send({ kind: 'result', result: await measure(request) });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof UserError ? error.code : undefined;
    await send({ kind: 'error', code, message, stack: error instanceof Error ? error.stack : undefined });
  }
});
// Without a parent nobody waits for the result.
process.once('disconnect', () => process.exit(1));
