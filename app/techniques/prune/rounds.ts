/** How much goes in each round, where pruning and recovery take turns. */
import { UserError } from '../../contract/errors.ts';
import type { Model } from '../../models/model.ts';
import { countOf } from './amount.ts';
import { channelCount, channelUnit } from './cut-channels.ts';
import { isUnstructured, type PruneOptions } from './schema.ts';
import { feedForwardOf } from './width-parts.ts';

/**
 * @returns the `amount` of each round: counts that add up to what goes in all, or rising shares of single weights; one
 *   entry as the user gave it where there is one round
 * @throws UserError prune/too-much, arguments/incompatible, arguments/invalid, model/unsupported
 */
export function amountsOf(model: Model, options: PruneOptions): readonly (number | undefined)[] {
  const { method, amount, iterations, pattern } = options;
  if (iterations === 1) return [amount];
  if (options.layers) {
    throw new UserError('arguments/incompatible', 'the layers that are named go at once: leave --iterations out');
  }
  if (isUnstructured(method)) {
    if (pattern === '2:4') {
      throw new UserError('arguments/incompatible', 'the pattern 2:4 removes a half at once: leave --iterations out');
    }
    return Array.from({ length: iterations }, (_, i) => ((amount ?? 0.5) * (i + 1)) / iterations);
  }
  if (method === 'vocabulary') {
    throw new UserError('arguments/incompatible', 'tokens that are never used go at once: leave --iterations out');
  }
  const { count, unit } = countsOf(model, options);
  // Rounds in which less than one would go are left out.
  const until = (i: number) => unit * Math.round((i * count) / unit / iterations);
  return Array.from({ length: iterations }, (_, i) => until(i + 1) - until(i)).filter((n) => n > 0);
}

/** How many layers, neurons or heads go in all, and how many must go together. */
function countsOf(model: Model, { method, part, amount }: PruneOptions): { count: number; unit: number } {
  const { layers, heads, keyValueHeads } = model.config;
  if (method === 'depth') return { count: countOf(amount ?? 0.1, layers, 'layers'), unit: 1 };
  if (part === 'neurons') return { count: countOf(amount ?? 0.1, feedForwardOf(model).size, 'neurons'), unit: 1 };
  if (part === 'channels') return { count: channelCount(model, amount), unit: channelUnit(model) };
  if (part === 'groups' || heads === keyValueHeads) {
    return { count: countOf(amount ?? 1 / keyValueHeads, keyValueHeads, 'key-value heads'), unit: 1 };
  }
  return { count: countOf(amount ?? keyValueHeads, heads, 'heads'), unit: keyValueHeads };
}
