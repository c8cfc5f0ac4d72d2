/** How fast a model is here: the least of several measurements, each in a process of its own. */
import { UserError } from '../contract/errors.ts';
import type { LatencyKind } from '../techniques/prune/latency-target.ts';
import type { CommandContext } from './command.ts';

/** What else the machine does only ever slows a model down: the fastest of these is nearest to what it can. */
const MEASUREMENTS = 3;

/**
 * Milliseconds of a token after 64, or of the first after 512.
 * @throws UserError arguments/incompatible for a model that reads fewer tokens, and as `measureModel`
 */
export async function latencyOf(
  model: string,
  kind: LatencyKind,
  { threads, signal }: CommandContext,
): Promise<number> {
  const { measureModel } = await import('../profile/measure.ts');
  const contexts = [kind === 'token' ? 64 : 512];
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < MEASUREMENTS; i++) {
    const [speed] = (await measureModel({ model, threads, contexts, repeat: 5 }, { signal })).contexts;
    if (!speed) throw new UserError('arguments/incompatible', `the model reads no ${contexts[0]} tokens`);
    least = Math.min(least, kind === 'token' ? 1000 / speed.decodeTokensPerSecond : speed.timeToFirstTokenMs);
  }
  return least;
}
