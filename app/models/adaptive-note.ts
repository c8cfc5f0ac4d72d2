/** `adaptive.json` of a folder of `lathe adapt`, as far as asking the model needs it: where easy texts stop. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../contract/errors.ts';

export const NOTE_FILE = 'adaptive.json';
export const EXITS_FILE = 'exits.safetensors';
/** Folder of a cascade's first model, inside that of its second. */
export const SMALL_FOLDER = 'small';

/** A threshold that no confidence, between 0 and 1, is above. */
export const NEVER = 1;

const cascade = z.object({
  version: z.literal(1),
  kind: z.literal('cascade'),
  labels: z.array(z.string()),
  /** Of the small model's answers, so that its confidence means what it says. */
  temperature: z.number().positive(),
  /** The small model's answer is taken where its confidence is above; 1: never. */
  threshold: z.number(),
  maxLength: z.number().int().positive(),
});

const chatCascade = z.object({
  version: z.literal(1),
  kind: z.literal('chat-cascade'),
  /** The small model's answer is taken where it is likelier than this to itself; 1: never. */
  threshold: z.number(),
  /** How likely the small model's answers to the calibration questions were, in steps of equal shares from the least to the most. */
  confidences: z.array(z.number()).min(2).optional(),
});

const exits = z.object({
  version: z.literal(1),
  kind: z.undefined().optional(),
  labels: z.array(z.string()),
  layers: z.number().int(),
  thresholds: z.array(z.number()),
  maxLength: z.number().int().positive().optional(),
});

const decoder = z.object({
  version: z.literal(1),
  kind: z.literal('decoder'),
  /**
   * The layer of the exit, what the exit's and the short list's confidence must be above (1: never), and what the gate's
   * score must be above for the exit to be asked (absent: always).
   */
  thresholds: z.object({
    layer: z.number().int(),
    exit: z.number(),
    shortlist: z.number(),
    gate: z.number().optional(),
  }),
  /** How far the gate's score may be below a confidence that is asked for. */
  gateSlack: z.number().default(1),
  /** It was measured to be faster than the whole model. */
  worthwhile: z.boolean().default(false),
});
const note = z.union([cascade, chatCascade, decoder, exits]);
export type AdaptiveNote = z.infer<typeof note>;

/** @returns undefined for a model that was not adapted. @throws UserError model/broken for a note that cannot be read */
export async function readAdaptiveNote(folder: string): Promise<AdaptiveNote | undefined> {
  const file = join(folder, NOTE_FILE);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return note.parse(JSON.parse(text));
  } catch (cause) {
    throw new UserError('model/not-a-model', `${file} is damaged: make it again with lathe adapt`, { cause });
  }
}
