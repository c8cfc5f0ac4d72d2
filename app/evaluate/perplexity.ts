/** Perplexity, bits per byte, and how far one model's predictions are from another's, over a text. */
import { UserError } from '../contract/errors.ts';
import type { Decoder } from '../generate/decoder.ts';
import { compareRows } from '../generate/log-probabilities.ts';
import { logitsOf, negativeLogLikelihoods } from './likelihood.ts';
import { windowsOf } from './windows.ts';

export interface TextOptions {
  /** Tokens of a window. */
  readonly context: number;
  readonly stride: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Perplexity {
  readonly perplexity: number;
  /** Tokens scored. */
  readonly tokens: number;
  /** Sum of their negative log-likelihoods, in nats. */
  readonly nats: number;
}

function check(tokens: number, { context, stride }: TextOptions, decoder: Decoder): void {
  if (stride > context)
    throw new UserError('arguments/invalid', `a stride of ${stride} skips tokens: the context is ${context}`);
  if (context > decoder.maxLength) {
    throw new UserError('arguments/invalid', `a context of ${context} exceeds the model's ${decoder.maxLength}`);
  }
  if (tokens < 2) throw new UserError('dataset/empty', 'the text has fewer than two tokens');
}

/** exp(mean negative log-likelihood). */
export async function perplexity(decoder: Decoder, ids: ArrayLike<number>, options: TextOptions): Promise<Perplexity> {
  check(ids.length, options, decoder);
  let nats = 0;
  let tokens = 0;
  for (const { begin, end, scoreFrom } of windowsOf(ids.length, options.context, options.stride)) {
    const window = Array.prototype.slice.call(ids, begin, end) as number[];
    const targets = Array.from({ length: end - scoreFrom }, (_, i) => scoreFrom - begin + i);
    for (const loss of await negativeLogLikelihoods(decoder, window, targets, options.signal)) nats += loss;
    tokens += targets.length;
    options.onProgress?.(end, ids.length);
  }
  return { perplexity: Math.exp(nats / tokens), tokens, nats };
}

export interface Divergence {
  /** Kullback-Leibler divergence of the model from the reference, in nats a token. */
  readonly klDivergence: { readonly mean: number; readonly p99: number };
  /** Share of positions at which both prefer the same token. */
  readonly topAgreement: number;
}

/** KL(reference || model) at every scored position of the text. Both must share one vocabulary. */
export async function divergence(
  model: Decoder,
  reference: Decoder,
  ids: ArrayLike<number>,
  options: TextOptions,
): Promise<Divergence> {
  const width = model.model.config.vocabulary;
  if (reference.model.config.vocabulary !== width) {
    throw new UserError(
      'arguments/incompatible',
      'models with different vocabularies cannot be compared token by token',
    );
  }
  check(ids.length, options, model);
  check(ids.length, options, reference);
  const divergences: number[] = [];
  let agreed = 0;
  for (const { begin, end, scoreFrom } of windowsOf(ids.length, options.context, options.stride)) {
    const window = Array.prototype.slice.call(ids, begin, end) as number[];
    const positions = Array.from({ length: end - scoreFrom }, (_, i) => scoreFrom - begin - 1 + i);
    const expected = logitsOf(reference, window, positions, options.signal);
    for await (const { logits } of logitsOf(model, window, positions, options.signal)) {
      const { value } = await expected.next();
      for (let at = 0; at < logits.length; at += width) {
        const apart = compareRows(value!.logits, logits, at, width);
        divergences.push(apart.divergence);
        agreed += Number(apart.same);
      }
    }
    options.onProgress?.(end, ids.length);
  }
  divergences.sort((a, b) => a - b);
  const p99 = divergences[Math.min(divergences.length - 1, Math.ceil(0.99 * divergences.length) - 1)];
  const mean = divergences.reduce((a, b) => a + b, 0) / divergences.length;
  return { klDivergence: { mean, p99 }, topAgreement: agreed / divergences.length };
}
