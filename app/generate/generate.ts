/** Text from a model: prompt in, tokens out one by one, with the times they took. */
import type { Tokenizer } from '../models/tokenizer.ts';
import type { Decoder } from './decoder.ts';
import { Sampler, type SamplingOptions } from './sampler.ts';
import { TextStream } from './text-stream.ts';

export interface GenerateOptions extends SamplingOptions {
  readonly maxTokens: number;
  /** Ids after which the text ends; they are not part of it. */
  readonly stopIds?: readonly number[];
  /** Texts before which the answer ends. */
  readonly stop?: readonly string[];
  readonly signal?: AbortSignal;
}

/**
 * Tokens after the prompt, as they are chosen. The decoder's cache is reused as far as it agrees with the prompt when
 * `decoder` was left by an earlier call with the same beginning and rewound to it; here it must hold nothing.
 */
export async function* streamIds(
  decoder: Decoder,
  prompt: readonly number[],
  options: GenerateOptions,
): AsyncGenerator<number, void> {
  const sampler = new Sampler(options, prompt);
  const stops = new Set(options.stopIds);
  let logits = await decoder.extend(prompt, undefined, options.signal);
  const most = Math.min(options.maxTokens, decoder.maxLength - decoder.length);
  for (let i = 0; i < most; i++) {
    const id = sampler.pick(logits.data as Float32Array);
    if (stops.has(id)) return;
    yield id;
    if (i + 1 < most) logits = await decoder.extend([id], undefined, options.signal);
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

/** @param onText gets each new piece of whole characters */
export async function generateText(
  decoder: Decoder,
  tokenizer: Tokenizer,
  prompt: readonly number[],
  options: GenerateOptions,
  onText?: (piece: string) => void,
): Promise<Generation> {
  decoder.rewind(0);
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
    prefillTokensPerSecond: (1000 * prompt.length) / first,
    decodeTokensPerSecond: ids.length > 1 ? (1000 * (ids.length - 1)) / (elapsed - first) : 0,
  };
}
