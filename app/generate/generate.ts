/** Text from a model: prompt in, tokens out one by one, with the times they took. */
import { UserError } from '../contract/errors.ts';
import type { Tokenizer } from '../models/tokenizer.ts';
import type { Constraint } from './batch/sequence.ts';
import { Decoder } from './decoder.ts';
import { DraftModel } from './draft-model.ts';
import type { Drafter } from './drafter.ts';
import { type LogProbabilities, logProbabilities } from './log-probabilities.ts';
import { PayingDrafts } from './paying-drafts.ts';
import { PromptLookup } from './prompt-lookup.ts';
import { Sampler, type SamplingOptions } from './sampler.ts';
import { speculate } from './speculate.ts';
import { TextStream } from './text-stream.ts';

export interface GenerateOptions extends SamplingOptions {
  readonly maxTokens: number;
  /** Ids after which the text ends; they are not part of it. */
  readonly stopIds?: readonly number[];
  /** Texts before which the answer ends. */
  readonly stop?: readonly string[];
  /** Check drafts, looked up in the sequence itself or made by a smaller model: the same text, sooner (see speculate.ts). */
  readonly speculate?: boolean | Decoder;
  /** Which tokens may come; of one text, and not together with drafts. */
  readonly constraint?: Constraint;
  /** Gets each token with how likely it was and so many of the likeliest; not together with drafts. */
  readonly certainty?: { readonly top: number; readonly onToken: (token: LogProbabilities) => void };
  readonly signal?: AbortSignal;
}

/**
 * Tokens after the prompt, as they are chosen. What the decoder holds must be the beginning of the prompt.
 * @throws UserError arguments/invalid where the prompt is too long or has no token, arguments/incompatible where drafts could change the text
 * or come together with a constraint; schema/unsatisfiable where no token meets the constraint
 */
export async function* streamIds(
  decoder: Decoder,
  prompt: readonly number[],
  options: GenerateOptions,
): AsyncGenerator<number, void> {
  if (options.speculate && (options.constraint || options.certainty)) {
    throw new UserError('arguments/incompatible', 'drafts are not checked against a form, and tell of no certainty');
  }
  if (prompt.length === 0) throw new UserError('arguments/invalid', 'the prompt has no token to go on from');
  const ids = options.speculate ? drafted(decoder, prompt, options) : plain(decoder, prompt, options);
  yield* untilStop(ids, options.stopIds);
}

/** Ids before the first of those after which a text ends. */
export async function* untilStop(
  ids: AsyncIterable<number>,
  stopIds: readonly number[] = [],
): AsyncGenerator<number, void> {
  const stops = new Set(stopIds);
  for await (const id of ids) {
    if (stops.has(id)) return;
    yield id;
  }
}

function drafted(decoder: Decoder, prompt: readonly number[], options: GenerateOptions): AsyncGenerator<number, void> {
  const { speculate: how } = options;
  const drafter = how instanceof Decoder ? ofModel(how, prompt, options) : new PromptLookup(prompt);
  return speculate(decoder, prompt, new Sampler(options, prompt), drafter, options);
}

function ofModel(decoder: Decoder, prompt: readonly number[], options: GenerateOptions): Drafter {
  const drafter = new DraftModel(decoder, prompt, options);
  return (options.temperature ?? 0) === 0 ? new PayingDrafts(drafter) : drafter;
}

async function* plain(
  decoder: Decoder,
  prompt: readonly number[],
  options: GenerateOptions,
): AsyncGenerator<number, void> {
  const { constraint, certainty } = options;
  const sampler = new Sampler(options, prompt);
  let logits = await decoder.extend(prompt.slice(decoder.length), undefined, options.signal);
  const most = Math.min(options.maxTokens, decoder.maxLength - decoder.length);
  for (let i = 0; i < most; i++) {
    const values = logits.data as Float32Array;
    // How likely the model thinks it, whatever may come.
    const unbound = certainty && values.slice();
    constraint?.restrict(values);
    const id = sampler.pick(values);
    if (unbound) certainty.onToken(logProbabilities(unbound, id, certainty.top));
    constraint?.accept(id);
    yield id;
    if (constraint?.complete()) return;
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
  const ids = streamIds(decoder, prompt, options);
  return writeText(ids, tokenizer, { prompt: prompt.length, kept, stop: options.stop }, onText);
}

/**
 * Text of tokens as they come, and the times they took.
 * @param given tokens of the prompt, and how many of them were known already
 */
export async function writeText(
  tokens: AsyncIterable<number>,
  tokenizer: Tokenizer,
  given: { readonly prompt: number; readonly kept?: number; readonly stop?: readonly string[] },
  onText?: (piece: string) => void,
): Promise<Generation> {
  const ids: number[] = [];
  const stream = new TextStream(tokenizer, given.stop);
  const give = (piece: string) => {
    if (piece !== '') onText?.(piece);
  };
  const begin = performance.now();
  let first = 0;
  for await (const id of tokens) {
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
    promptTokens: given.prompt,
    timeToFirstTokenMs: first,
    prefillTokensPerSecond: (1000 * (given.prompt - (given.kept ?? 0))) / first,
    decodeTokensPerSecond: ids.length > 1 ? (1000 * (ids.length - 1)) / (elapsed - first) : 0,
  };
}
