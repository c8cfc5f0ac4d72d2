/** How much must go for a model to be fast enough on this machine: found by measuring models of that shape. */
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import type { Model } from '../../models/model.ts';
import { prune } from './prune.ts';
import type { PruneOptions } from './schema.ts';
import { parametersOf, type Removable, removable } from './target.ts';

/** What is timed: a token after a short text, or the first token after a long one. */
export type LatencyKind = 'token' | 'first-token';

export interface LatencyTry {
  /** How many layers, neurons, heads or channels were out. */
  readonly amount: number;
  readonly milliseconds: number;
}

export interface LatencyAim {
  readonly kind: LatencyKind;
  /** Milliseconds. */
  readonly target: number;
  /** Of the whole model. */
  readonly before: number;
  readonly tries: readonly LatencyTry[];
}

export interface LatencyContext {
  /** Milliseconds of a model folder; the same for two models of one shape, but for noise. */
  readonly latency?: (folder: string, kind: LatencyKind) => Promise<number>;
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

const MOST_TRIES = 6;
/** A try that is this near to the target from below is near enough. */
const NEAR = 0.95;

export const latencyOf = ({ targetLatency, targetFirstToken }: PruneOptions) =>
  targetLatency !== undefined
    ? { kind: 'token' as const, target: targetLatency }
    : targetFirstToken !== undefined
      ? { kind: 'first-token' as const, target: targetFirstToken }
      : undefined;

/**
 * The options with the amount that reaches the latency asked for, and what was measured; unchanged without one. Which layers
 * or neurons go does not change the time, so models are tried whose first ones are out, without finding what matters.
 * @param out the tries are written beside it and removed
 * @throws UserError arguments/incompatible, arguments/invalid, prune/too-much, and what `latency` throws
 */
export async function fastEnough(
  model: Model,
  out: string,
  options: PruneOptions,
  { latency, threads, signal }: LatencyContext,
): Promise<{ readonly options: PruneOptions; readonly aim?: LatencyAim }> {
  const wanted = latencyOf(options);
  if (!wanted) return { options };
  const { kind, target } = wanted;
  if (!latency) throw new Error('there is nothing to measure the latency with');
  if (options.amount !== undefined || options.layers || (options.targetLatency && options.targetFirstToken)) {
    throw new UserError('arguments/incompatible', 'give one of --amount, --layers, --target-latency and the like');
  }
  if (options.method === 'vocabulary') {
    throw new UserError(
      'arguments/incompatible',
      'a latency is reached by depth or width: tokens go as the data allow',
    );
  }
  const parts = removable(model, options);
  const before = await latency(model.folder, kind);
  if (before <= target) {
    throw new UserError('arguments/invalid', `the model is fast enough already: ${before.toFixed(2)} ms`);
  }
  const tries: LatencyTry[] = [];
  const measured = async (units: number): Promise<number> => {
    signal?.throwIfAborted();
    const amount = units * parts.unit;
    const folder = `${resolve(out)}.try-${amount}`;
    try {
      await prune(model, folder, without(options, amount), { calibration: async () => [], threads, signal });
      const milliseconds = await latency(folder, kind);
      tries.push({ amount, milliseconds });
      return milliseconds;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
  const units = await search(model, parts, before, target, measured);
  return { options: { ...options, amount: units * parts.unit }, aim: { kind, target, before, tries } };
}

/** The first so many go: nothing has to be found out. */
function without(options: PruneOptions, amount: number): PruneOptions {
  const plain = { ...options, targetLatency: undefined, targetFirstToken: undefined, recover: 'none' as const };
  return options.method === 'depth'
    ? { ...plain, by: undefined, layers: Array.from({ length: amount }, (_, l) => l) }
    : { ...plain, by: 'magnitude', amount };
}

/** The fewest units found that reach the target: along a line through what was measured, between what failed and what did. */
async function search(
  model: Model,
  { total, unit, config }: Removable,
  before: number,
  target: number,
  measured: (units: number) => Promise<number>,
): Promise<number> {
  const most = Math.ceil(total / unit) - 1;
  let [low, high] = [0, most + 1];
  let slope = before * (1 - parametersOf(model, config(unit)) / model.parameters) || before / most;
  let fastest = before;
  for (let i = 0; i < MOST_TRIES && high - low > 1; i++) {
    const guess = Math.ceil((before - target) / slope);
    const units = Math.min(high - 1, Math.max(low + 1, guess));
    const milliseconds = await measured(units);
    fastest = Math.min(fastest, milliseconds);
    if (milliseconds <= target) high = units;
    else low = units;
    if (milliseconds <= target && milliseconds >= NEAR * target) break;
    if (milliseconds < before) slope = (before - milliseconds) / units;
  }
  if (high <= most) return high;
  throw new UserError(
    'prune/too-much',
    `${target} ms is not reached: the fastest that was tried took ${fastest.toFixed(2)} ms`,
  );
}
