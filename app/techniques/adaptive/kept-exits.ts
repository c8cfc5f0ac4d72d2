/** Exits that a decoder has already, to be proved anew: after its weights were stored in fewer bits, or on other texts. */
import { UserError } from '../../contract/errors.ts';
import { openExits } from '../../generate/adaptive-text.ts';
import { readAdaptiveNote } from '../../models/adaptive-note.ts';
import type { ListHead } from '../../models/graphs/list-head.ts';
import { readLineage } from '../../models/lineage.ts';
import type { StoredModel } from '../../models/stored.ts';
import type { TrainedExit } from './decoder-table.ts';
import { type AdaptOptions, adaptSchema } from './schema.ts';

export interface KeptExits {
  readonly list: ListHead;
  /** By layer: the one exit that was written down. */
  readonly trained: ReadonlyMap<number, TrainedExit>;
  /** What they were learnt with says how texts are split: windows that they learnt from must prove nothing. */
  readonly options: AdaptOptions;
}

const SPLIT = { tokens: true, window: true, tuning: true, calibration: true, heldOut: true, seed: true } as const;

/** @throws UserError arguments/incompatible for a model without exits; model/not-a-model, weights/* */
export async function keptExits(model: StoredModel, options: AdaptOptions): Promise<KeptExits> {
  const note = await readAdaptiveNote(model.folder);
  const step = (await readLineage(model.folder)).steps.findLast(({ technique }) => technique === 'adapt');
  if (note?.kind !== 'decoder' || !step)
    throw new UserError(
      'arguments/incompatible',
      `${model.folder} has no exits to keep: adapt it without --keep-exits`,
    );
  const split = adaptSchema.pick(SPLIT).parse(step.options);
  const { layer, map, gate, list } = await openExits(model, note.thresholds.layer);
  return { list, trained: new Map([[layer, { map, gate }]]), options: { ...options, ...split } };
}
