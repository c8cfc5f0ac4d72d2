/** Four parts of labelled rows: to learn from, to choose thresholds from, to prove the promise on, to check it on. */
import { UserError } from '../../contract/errors.ts';
import type { Lineage } from '../../models/lineage.ts';
import type { LabelledText } from '../transfer/labelled-rows.ts';
import { splitByClass } from '../transfer/stratified-split.ts';
import type { AdaptOptions } from './schema.ts';

export interface Parts {
  readonly train: readonly LabelledText[];
  readonly tuning: readonly LabelledText[];
  readonly calibration: readonly LabelledText[];
  readonly test: readonly LabelledText[];
}

export type Shares = Pick<AdaptOptions, 'tuning' | 'calibration' | 'heldOut' | 'seed'>;

export interface Known {
  /** Texts that an earlier step learnt from: only learnt from again, since on them the model looks better than it is. */
  readonly seen?: ReadonlySet<string>;
  /** Rows of another file to check on; then none are held out. */
  readonly test?: readonly LabelledText[];
  /** Nothing is to be learnt: everything that is not known serves the promise. */
  readonly proofOnly?: boolean;
}

/** Equal texts are on one side. @throws UserError arguments/invalid where nothing is left to learn from */
export function splitLabelled(
  rows: readonly LabelledText[],
  shares: Shares,
  { seen, test, proofOnly }: Known = {},
): Parts {
  const { tuning, calibration, seed } = shares;
  const heldOut = test ? 0 : shares.heldOut;
  if (!proofOnly && tuning + calibration + heldOut > 0.95)
    throw new UserError('arguments/invalid', 'tuning, calibration and held-out shares leave nothing to learn from');
  const known = seen ? rows.filter(({ text }) => seen.has(text)) : [];
  let rest = known.length > 0 ? rows.filter(({ text }) => !seen!.has(text)) : rows;
  // Of what is unseen everything serves the promise.
  const whole = proofOnly || known.length > 0;
  let left = whole ? tuning + calibration + heldOut : 1;
  const take = (share: number, salt: number): readonly LabelledText[] => {
    const split = splitByClass(rest, share / left, seed + salt);
    left -= share;
    rest = split.train;
    return split.test;
  };
  const checked = test ?? take(heldOut, 1);
  const proved = take(calibration, 2);
  if (whole) return { train: known, tuning: rest, calibration: proved, test: checked };
  const chosen = take(tuning, 3);
  return { train: rest, tuning: chosen, calibration: proved, test: checked };
}

/** Texts that `lathe transfer` or `distill` has learnt from, where the data are those that the model's lineage names. */
export function learntBefore(rows: readonly LabelledText[], { steps }: Lineage, data: string): Set<string> | undefined {
  const learnt = new Set<string>();
  for (const { technique, options } of steps) {
    const { heldOut, seed } = options;
    if (!['transfer', 'distill'].includes(technique) || options.data !== data) continue;
    if (typeof heldOut !== 'number' || typeof seed !== 'number') continue;
    for (const { text } of splitByClass(rows, heldOut, seed).train) learnt.add(text);
  }
  return learnt.size > 0 ? learnt : undefined;
}
