/** How well a model knows the answers of a supervised data set: loss, and, generating them, exact match and token F1. */
import type { EncodedStore } from '../datasets/index.ts';
import { IGNORED } from '../datasets/index.ts';
import type { Decoder } from '../generate/decoder.ts';
import { generateIds } from '../generate/generate.ts';
import type { Tokenizer } from '../models/tokenizer.ts';
import { negativeLogLikelihoods } from './likelihood.ts';

export interface AnswerLoss {
  /** Mean negative log-likelihood of the supervised tokens, in nats. */
  readonly loss: number;
  readonly perplexity: number;
  readonly tokens: number;
  readonly examples: number;
}

export interface AnswerOptions {
  /** At most this many examples, from the first on. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

export async function answerLoss(
  decoder: Decoder,
  store: EncodedStore,
  options: AnswerOptions = {},
): Promise<AnswerLoss> {
  const examples = Math.min(store.count, options.limit ?? store.count);
  let nats = 0;
  let tokens = 0;
  for (let i = 0; i < examples; i++) {
    const { ids, labels } = store.get(i);
    const targets: number[] = [];
    const most = Math.min(ids.length, decoder.maxLength);
    for (let t = 1; t < most; t++) if (labels[t] !== IGNORED) targets.push(t);
    if (targets.length > 0) {
      for (const loss of await negativeLogLikelihoods(decoder, ids.subarray(0, most), targets, options.signal))
        nats += loss;
      tokens += targets.length;
    }
    options.onProgress?.(i + 1, examples);
  }
  return { loss: nats / tokens, perplexity: Math.exp(nats / tokens), tokens, examples };
}

export interface AnswerMatch {
  /** Share of answers equal to the reference after normalisation. */
  readonly exactMatch: number;
  /** Mean harmonic mean of token precision and recall. */
  readonly tokenF1: number;
  readonly examples: number;
}

/** Generates the last answer of each example greedily and compares it with the reference (SQuAD's measures). */
export async function answerMatch(
  decoder: Decoder,
  tokenizer: Tokenizer,
  store: EncodedStore,
  options: AnswerOptions = {},
): Promise<AnswerMatch> {
  const most = Math.min(store.count, options.limit ?? store.count);
  let matches = 0;
  let f1 = 0;
  let examples = 0;
  for (let i = 0; i < most; i++) {
    const { ids, labels } = store.get(i);
    const span = lastAnswer(labels);
    if (span && span.begin > 0 && span.end + 16 <= decoder.maxLength) {
      const length = span.end - span.begin;
      const prompt = Array.from(ids.subarray(0, span.begin));
      const generated = await generateIds(decoder, prompt, {
        maxTokens: length + 16,
        stopIds: tokenizer.stopIds,
        signal: options.signal,
      });
      const answer = normalise(tokenizer.decode(generated, { skipSpecial: true }));
      const reference = normalise(tokenizer.decode(ids.subarray(span.begin, span.end), { skipSpecial: true }));
      matches += Number(answer === reference);
      f1 += tokenF1(answer, reference);
      examples += 1;
    }
    options.onProgress?.(i + 1, most);
  }
  return { exactMatch: matches / examples, tokenF1: f1 / examples, examples };
}

function lastAnswer(labels: Int32Array): { begin: number; end: number } | undefined {
  let end = labels.length;
  while (end > 0 && labels[end - 1] === IGNORED) end -= 1;
  let begin = end;
  while (begin > 0 && labels[begin - 1] !== IGNORED) begin -= 1;
  return begin < end ? { begin, end } : undefined;
}

/** SQuAD's normalisation (Rajpurkar et al. 2016): lower case, no punctuation, no English articles, single spaces. */
export const normalise = (text: string): string =>
  text
    .toLowerCase()
    .replace(/\p{P}/gu, '')
    .replace(/\b(a|an|the)\b/g, ' ')
    .trim()
    .replace(/\s+/g, ' ');

export function tokenF1(answer: string, reference: string): number {
  const [a, b] = [answer, reference].map((text) => (text === '' ? [] : text.split(' ')));
  if (a.length === 0 || b.length === 0) return Number(a.length === b.length);
  const counts = new Map<string, number>();
  for (const token of b) counts.set(token, (counts.get(token) ?? 0) + 1);
  let common = 0;
  for (const token of a) {
    const left = counts.get(token) ?? 0;
    if (left > 0) common += 1;
    counts.set(token, left - 1);
  }
  return common === 0 ? 0 : (2 * common) / (a.length + b.length);
}
