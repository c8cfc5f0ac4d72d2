/** Text from a decoder with exits, which draft for the whole model: the text that it would say alone. */
import { UserError } from '../contract/errors.ts';
import { readAdaptiveNote } from '../models/adaptive-note.ts';
import type { StoredModel } from '../models/stored.ts';
import type { Tokenizer } from '../models/tokenizer.ts';
import { openAdaptiveDecoder } from './adaptive-text.ts';
import { roundsSteps, stepsDiffer } from './exactness.ts';
import { type GenerateOptions, type Generation, untilStop, writeText } from './generate.ts';
import { OwnDrafts } from './own-drafts.ts';
import { PayingDrafts } from './paying-drafts.ts';
import { Sampler } from './sampler.ts';
import { speculate } from './speculate.ts';

export interface OwnDraftsGeneration extends Generation {
  /** Tokens that an exit proposed, and those of them that the whole model chose too. */
  readonly drafted: number;
  readonly accepted: number;
}

/**
 * Greedily drafts rest where they cost more than they bring.
 * @param onText gets each new piece of whole characters
 * @throws UserError arguments/incompatible for a model without exits or one that rounds its activations, arguments/invalid
 * where the prompt has no token; model/*, weights/*, runtime/*
 */
export async function writeWithOwnDrafts(
  model: StoredModel,
  tokenizer: Tokenizer,
  prompt: readonly number[],
  options: Omit<GenerateOptions, 'speculate' | 'constraint' | 'certainty'>,
  settings: { readonly threads?: number; readonly maxLength: number },
  onText?: (piece: string) => void,
): Promise<OwnDraftsGeneration> {
  if (prompt.length === 0) throw new UserError('arguments/invalid', 'the prompt has no token to go on from');
  const note = await readAdaptiveNote(model.folder);
  if (note?.kind !== 'decoder') {
    throw new UserError(
      'arguments/incompatible',
      `${model.folder} has no exits that could draft: lathe adapt gives it some`,
    );
  }
  if (roundsSteps(model)) throw stepsDiffer();
  const decoder = await openAdaptiveDecoder(model, note, settings);
  const own = new OwnDrafts(decoder);
  const drafter = (options.temperature ?? 0) === 0 ? new PayingDrafts(own) : own;
  try {
    const ids = speculate(own, prompt, new Sampler(options, prompt), drafter, options);
    const given = { prompt: prompt.length, stop: options.stop };
    const written = await writeText(untilStop(ids, options.stopIds), tokenizer, given, onText);
    return { ...written, drafted: own.counts.drafted, accepted: own.counts.right };
  } finally {
    decoder.dispose();
  }
}
