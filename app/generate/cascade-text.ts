/** Two chat models as one: the small one answers, and where its answer is not likely enough to itself the large one does. */
import { join } from 'node:path';
import { readAdaptiveNote, SMALL_FOLDER } from '../models/adaptive-note.ts';
import type { Message } from '../models/chat-template.ts';
import type { Generation } from './generate.ts';
import type { SamplingOptions } from './sampler.ts';
import { Speaker, type Spoken } from './speaker.ts';

export interface CascadeAnswer extends Generation {
  /** 1: the small model answered, 2: the large one. */
  readonly stage: 1 | 2;
  /** Of the small model, in its own answer. */
  readonly confidence: number;
}

export interface ChatCascade {
  /** The text is shown when it is decided whose it is. */
  answer(
    messages: readonly Message[],
    options: { readonly maxTokens: number; readonly stop?: readonly string[]; readonly signal?: AbortSignal },
    onText?: (piece: string) => void,
  ): Promise<CascadeAnswer>;
  dispose(): void;
}

/** No answer is likelier. */
const NEVER = 1;

/**
 * @returns undefined for a folder that is no cascade of chat models, or where tokens are drawn
 * @throws UserError model/*, template/*, runtime/failed
 */
export async function openChatCascade(
  folder: string,
  { temperature = 0, repetitionPenalty = 1 }: Pick<SamplingOptions, 'temperature' | 'repetitionPenalty'>,
  settings: { readonly threads?: number; readonly maxLength?: number; readonly threshold?: number },
): Promise<ChatCascade | undefined> {
  const note = await readAdaptiveNote(folder);
  if (note?.kind !== 'chat-cascade' || temperature > 0 || repetitionPenalty !== 1) return undefined;
  const { threshold = note.threshold, ...session } = settings;
  const small = await Speaker.open(join(folder, SMALL_FOLDER), session);
  let large: Speaker;
  try {
    large = await Speaker.open(folder, session);
  } catch (error) {
    small.dispose();
    throw error;
  }
  return cascadeOf(small, large, threshold);
}

/** Owns both models. */
export function cascadeOf(small: Speaker, large: Speaker, threshold: number): ChatCascade {
  return {
    async answer(messages, options, onText) {
      const begin = performance.now();
      // No confidence is above 1: then the small model is not even asked.
      const first = threshold < NEVER ? await small.answer(messages, options) : undefined;
      const sure = first !== undefined && first.confidence > threshold;
      const spoken = sure ? first : await large.answer(messages, options);
      const text = beforeStop(spoken.text, options.stop ?? []);
      onText?.(text);
      return {
        ...generationOf({ ...spoken, text }, performance.now() - begin),
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

/** An answer is judged whole, and then cut before the first of these texts. */
function beforeStop(text: string, stops: readonly string[]): string {
  const places = stops.map((stop) => (stop === '' ? -1 : text.indexOf(stop))).filter((at) => at >= 0);
  return text.slice(0, Math.min(text.length, ...places));
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
