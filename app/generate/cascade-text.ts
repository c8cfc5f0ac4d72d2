/** Two chat models as one: the small one answers, and where its answer is not likely enough to itself the large one does. */
import { join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { type AdaptiveNote, NEVER, readAdaptiveNote, SMALL_FOLDER } from '../models/adaptive-note.ts';
import type { Message } from '../models/chat-template.ts';
import type { Generation } from './generate.ts';
import type { SamplingOptions } from './sampler.ts';
import { Speaker, type SpeakOptions, type Spoken } from './speaker.ts';

export interface CascadeAnswer extends Generation {
  /** 1: the small model answered, 2: the large one. */
  readonly stage: 1 | 2;
  /** Of the small model, in its own answer. */
  readonly confidence: number;
}

export interface CascadeOptions extends SpeakOptions {
  /** See `limitOf`; default what was proved. */
  readonly threshold?: number;
}

export interface ChatCascade {
  /** The text is shown when it is decided whose it is. */
  answer(
    messages: readonly Message[],
    options: CascadeOptions,
    onText?: (piece: string) => void,
  ): Promise<CascadeAnswer>;
  dispose(): void;
}

export type CascadeNote = Extract<AdaptiveNote, { kind: 'chat-cascade' }>;

/**
 * @returns undefined for a folder that is no cascade of chat models, or where tokens are drawn and no threshold is asked for
 * @throws UserError arguments/incompatible for a threshold where tokens are drawn
 */
export async function cascadeToFollow(
  folder: string,
  { temperature = 0, repetitionPenalty = 1 }: Pick<SamplingOptions, 'temperature' | 'repetitionPenalty'>,
  threshold?: number,
): Promise<CascadeNote | undefined> {
  const note = await readAdaptiveNote(folder);
  if (note?.kind !== 'chat-cascade') return undefined;
  if (temperature === 0 && repetitionPenalty === 1) return note;
  if (threshold === undefined) return undefined;
  throw new UserError('arguments/incompatible', 'a cascade answers greedily: a threshold goes with temperature 0');
}

/**
 * What the small model's confidence must be above.
 * @param dial from fast (0) to careful (1): the share of the calibration questions that the large model would have been asked,
 * since most confidences lie close together; in notes without that the confidence itself. Default what was proved
 */
export function limitOf({ threshold, confidences }: CascadeNote, dial?: number): number {
  if (dial === undefined) return threshold;
  if (!confidences || dial <= 0 || dial >= NEVER) return dial;
  const place = dial * (confidences.length - 1);
  const below = Math.floor(place);
  const [low, high] = [confidences[below], confidences[Math.min(below + 1, confidences.length - 1)]];
  return low + (place - below) * (high - low);
}

/**
 * @returns undefined as `cascadeToFollow`
 * @throws UserError as `cascadeToFollow`; model/*, template/*, runtime/failed
 */
export async function openChatCascade(
  folder: string,
  drawing: Pick<SamplingOptions, 'temperature' | 'repetitionPenalty'>,
  settings: { readonly threads?: number; readonly maxLength?: number; readonly threshold?: number },
): Promise<ChatCascade | undefined> {
  const { threshold, ...session } = settings;
  const note = await cascadeToFollow(folder, drawing, threshold);
  if (!note) return undefined;
  const large = await Speaker.open(folder, session);
  try {
    return await withSmall(folder, large, { ...note, threshold: limitOf(note, threshold) }, session);
  } catch (error) {
    large.dispose();
    throw error;
  }
}

/**
 * Opens the small model of a cascade before its large one. Owns both.
 * @throws UserError model/*, template/*, runtime/failed
 */
export async function withSmall(
  folder: string,
  large: Speaker,
  note: CascadeNote,
  session: { readonly threads?: number; readonly maxLength?: number },
): Promise<ChatCascade> {
  const small = await Speaker.open(join(folder, SMALL_FOLDER), session);
  return {
    async answer(messages, { threshold, ...options }, onText) {
      const begin = performance.now();
      const limit = limitOf(note, threshold);
      // No confidence is above 1: then the small model is not even asked.
      const first = limit < NEVER ? await answerThatFits(small, messages, options) : undefined;
      const sure = first !== undefined && first.confidence > limit;
      const spoken = sure ? first : await large.answer(messages, options);
      onText?.(spoken.text);
      return {
        ...generationOf(spoken, performance.now() - begin),
        stage: sure ? 1 : 2,
        confidence: first?.confidence ?? 0,
      };
    },
    dispose() {
      small.dispose();
      large.dispose();
    },
  };
}

/** @returns undefined where the conversation is longer than its context */
export async function answerThatFits(
  speaker: Speaker,
  messages: readonly Message[],
  options: SpeakOptions,
): Promise<Spoken | undefined> {
  try {
    return await speaker.answer(messages, options);
  } catch (error) {
    if (error instanceof UserError && error.code === 'prompt/too-long') return undefined;
    throw error;
  }
}

/** The whole text comes at once: its time is that of the first token. */
const generationOf = ({ text, ids, promptTokens }: Spoken, milliseconds: number): Generation => ({
  text,
  ids,
  promptTokens,
  timeToFirstTokenMs: milliseconds,
  prefillTokensPerSecond: (1000 * promptTokens) / milliseconds,
  decodeTokensPerSecond: (1000 * ids.length) / milliseconds,
});
