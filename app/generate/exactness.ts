/** Whether tokens that are added together come out as tokens that are added one by one. */
import { UserError } from '../contract/errors.ts';
import { roundsActivations } from '../models/graphs/quantized-linear.ts';
import type { StoredModel } from '../models/stored.ts';
import type { Session } from '../runtime/session.ts';
import { rowsAgree } from './row-agreement.ts';

/** Whether they could come out differently, but for rounding errors. */
export const roundsSteps = ({ formats }: Pick<StoredModel, 'formats'>, cacheType = 'float32'): boolean =>
  cacheType === 'int8' || [...formats.values()].some(roundsActivations);

/** Why several are not run at once in place of single ones. */
export const stepsDiffer = (): UserError =>
  new UserError(
    'arguments/incompatible',
    'several tokens at once could come out differently in this model, which rounds its activations',
  );

/** Activations of all rows share a scale, so that a row's company would change it. */
export const scalesTogether = ({ formats }: Pick<StoredModel, 'formats'>): boolean =>
  [...formats.values()].some(({ kind }) => kind === 'dynamic-int8');

/**
 * Whether several can be checked at once as if each came by itself (see checker.ts).
 * @throws UserError runtime/failed
 */
export async function checksExactly(
  model: StoredModel,
  { implementation, device }: Pick<Session, 'implementation' | 'device'>,
  cacheType = 'float32',
): Promise<boolean> {
  if (!roundsSteps(model, cacheType)) return true;
  return implementation === 'direct' && device === 'cpu' && !scalesTogether(model) && rowsAgree(model);
}
