/** Text from a model: prompt in, tokens out one by one, with the times they took. */
import { UserError } from '../contract/errors.ts';
import { roundsActivations } from '../models/graphs/quantized-linear.ts';
import type { Tokenizer } from '../models/tokenizer.ts';
import type { Decoder } from './decoder.ts';
import { PromptLookup } from './prompt-lookup.ts';
import { argmax, Sampler, type SamplingOptions } from './sampler.ts';
import { TextStream } from './text-stream.ts';

export interface GenerateOptions extends SamplingOptions {
  readonly maxTokens: number;
  /** Ids after which the text ends; they are not part of it. */
  readonly stopIds?: readonly number[];
  /** Texts before which the answer ends. */
  readonly stop?: readonly string[];
  /** Greedily only: check drafts looked up in the sequence itself (see prompt-lookup.ts); the tokens stay the same. */
  readonly speculate?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Tokens after the prompt, as they are chosen. What the decoder holds must be the beginning of the prompt.
 * @throws UserError arguments/invalid where the prompt is too long, arguments/incompatible where drafts could change the text
 */
export async function* streamIds(
  decoder: Decoder,
  prompt: readonly number[],
  options: GenerateOptions,
): AsyncGenerator<number, void> {
  const stops = new Set(options.stopIds);
  if (options.speculate) assertExact(decoder);
  for await (const id of isGreedy(options) && options.speculate
    ? speculate(decoder, prompt, options)
    : plain(decoder, prompt, options)) {
    if (stops.has(id)) return;
    yield id;
  }
}

/** Without a draw and without a penalty the next token is the likeliest, whatever was drafted before it. */
const isGreedy = ({ temperature = 0, repetitionPenalty = 1 }: GenerateOptions): boolean =>
  temperature === 0 && repetitionPenalty === 1;

/** Tokens checked together are summed in another order than one by one, which rounding to 8 bits can make visible. */
function assertExact({ model }: Decoder): void {
  if (![...model.formats.values()].some(roundsActivations)) return;
  throw new UserError(
    'arguments/incompatible',
    'speculation could change the text of this model, which rounds its activations to 8 bits (accuracy level 4)',
  );
}

async function* plain(
  decoder: Decoder,
  prompt: readonly number[],
  options: GenerateOptions,
): AsyncGenerator<number, void> {
  const sampler = new Sampler(options, prompt);
  let logits = await decoder.extend(prompt.slice(decoder.length), undefined, options.signal);
  const most = Math.min(options.maxTokens, decoder.maxLength - decoder.length);
  for (let i = 0; i < most; i++) {
    const id = sampler.pick(logits.data as Float32Array);
    yield id;
    if (i + 1 < most) logits = await decoder.extend([id], undefined, options.signal);
  }
}

/** The same tokens as `plain` gives greedily, several at a time where drafts turn out right. */
async function* speculate(
  decoder: Decoder,
  prompt: readonly number[],
  { maxTokens, signal }: GenerateOptions,
): AsyncGenerator<number, void> {
  const lookup = new PromptLookup(prompt);
  const { vocabulary } = decoder.model.config;
  const logits = await decoder.extend(prompt.slice(decoder.length), undefined, signal);
  let left = Math.min(maxTokens, decoder.maxLength - decoder.length);
  let id = argmax(logits.data as Float32Array);
  while (left > 0) {
    lookup.add(id);
    left -= 1;
    yield id;
    if (left === 0) return;
    const draft = lookup.draft(left - 1);
    const begin = decoder.length;
    const { data } = await decoder.extend([id, ...draft], [...draft.keys(), draft.length], signal);
    const next = (row: number) => argmax((data as Float32Array).subarray(row * vocabulary, (row + 1) * vocabulary));
    let right = 0;
    while (right < draft.length && next(right) === draft[right]) right += 1;
    decoder.rewind(begin + 1 + right);
    if (draft.length > 0) lookup.learn(draft.length, right);
    id = next(right);
    for (const accepted of draft.slice(0, right)) {
      lookup.add(accepted);
      left -= 1;
      yield accepted;
    }
  }
}

/** All tokens after the prompt, from an empty cache. */
export async function generateIds(
  decoder: Decoder,
  prompt: readonly number[],
  options: GenerateOptions,
): Promise<number[]> {
  decoder.rewind(0);
  const ids: number[] = [];
  for await (const id of streamIds(decoder, prompt, options)) ids.push(id);
  return ids;
}

export interface Generation {
  readonly text: string;
  readonly ids: readonly number[];
  readonly promptTokens: number;
  readonly timeToFirstTokenMs: number;
  readonly prefillTokensPerSecond: number;
  /** 0 where fewer than two tokens came. */
  readonly decodeTokensPerSecond: number;
}

/**
 * Text after the prompt. What the decoder holds of an earlier call is kept as far as it is the beginning of this prompt.
 * @param onText gets each new piece of whole characters
 */
export async function generateText(
  decoder: Decoder,
  tokenizer: Tokenizer,
  prompt: readonly number[],
  options: GenerateOptions,
  onText?: (piece: string) => void,
): Promise<Generation> {
  const kept = decoder.rewindTo(prompt);
  const ids: number[] = [];
  const stream = new TextStream(tokenizer, options.stop);
  const give = (piece: string) => {
    if (piece !== '') onText?.(piece);
  };
  const begin = performance.now();
  let first = 0;
  for await (const id of streamIds(decoder, prompt, options)) {
    if (ids.length === 0) first = performance.now() - begin;
    ids.push(id);
    give(stream.push(id));
    if (stream.stopped) break;
  }
  give(stream.finish());
  const elapsed = performance.now() - begin;
  if (ids.length === 0) first = elapsed;
  const { text } = stream;
  return {
    text,
    ids,
    promptTokens: prompt.length,
    timeToFirstTokenMs: first,
    prefillTokensPerSecond: (1000 * (prompt.length - kept)) / first,
    decodeTokensPerSecond: ids.length > 1 ? (1000 * (ids.length - 1)) / (elapsed - first) : 0,
  };
}
