/** Splits a data set by content, so that the same row, wherever it stands and however often, is always on the same side. */
import { UserError } from '../contract/errors.ts';
import { hashText } from './hash.ts';
import type { Example } from './types.ts';

/** Whether `example` belongs to the held-out part, which is about `share` (0 to 1) of the rows. */
export function isHeldOut(example: Example, share: number, seed: number): boolean {
  if (!(share >= 0 && share <= 1)) throw new UserError('arguments/invalid', `a share is between 0 and 1, not ${share}`);
  return hashText(JSON.stringify(example), Math.imul(seed + 1, 0x9e3779b1)) / 2 ** 53 < share;
}
