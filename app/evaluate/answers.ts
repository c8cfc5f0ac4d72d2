/** How well a model knows the answers of a supervised data set: the loss of their tokens. */
import type { EncodedStore } from '../datasets/index.ts';
import { IGNORED } from '../datasets/index.ts';
import { Answerer } from '../generate/answerer.ts';
import type { Decoder } from '../generate/decoder.ts';
import { logSumExp } from '../generate/log-probabilities.ts';
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
  model: Decoder | Answerer,
  store: EncodedStore,
  options: AnswerOptions = {},
): Promise<AnswerLoss> {
  const examples = Math.min(store.count, options.limit ?? store.count);
  let nats = 0;
  let tokens = 0;
  for (let i = 0; i < examples; i++) {
    const { ids, labels } = store.get(i);
    const losses =
      model instanceof Answerer
        ? await lossesOfAnswer(model, ids, labels, options.signal)
        : await lossesOfTokens(model, ids, labels, options.signal);
    for (const loss of losses) nats += loss;
    tokens += losses.length;
    options.onProgress?.(i + 1, examples);
  }
  return { loss: nats / tokens, perplexity: Math.exp(nats / tokens), tokens, examples };
}

async function lossesOfTokens(
  decoder: Decoder,
  ids: Int32Array,
  labels: Int32Array,
  signal?: AbortSignal,
): Promise<number[]> {
  const targets: number[] = [];
  const most = Math.min(ids.length, decoder.maxLength);
  for (let t = 1; t < most; t++) if (labels[t] !== IGNORED) targets.push(t);
  return targets.length > 0 ? negativeLogLikelihoods(decoder, ids.subarray(0, most), targets, signal) : [];
}

/** An input with the answer behind it, as `encodeSides` gives them. */
async function lossesOfAnswer(
  answerer: Answerer,
  ids: Int32Array,
  labels: Int32Array,
  signal?: AbortSignal,
): Promise<number[]> {
  const begin = labels.findIndex((label) => label !== IGNORED);
  if (begin <= 0) return [];
  const { vocabulary, maxLength, decoderStart = 0 } = answerer.model.config;
  const answer = Array.from(labels.subarray(begin, begin + maxLength));
  await answerer.read(Array.from(ids.subarray(0, Math.min(begin, maxLength))), signal);
  const { data } = await answerer.extend([decoderStart, ...answer.slice(0, -1)], { signal, all: true });
  const logits = data as Float32Array;
  return answer.map((id, row) => logSumExp(logits, row * vocabulary, vocabulary) - logits[row * vocabulary + id]);
}
