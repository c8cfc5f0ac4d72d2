/** Pruning with the recovery that follows, at once or in rounds of a little of each. */
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { assertReplaceable } from '../../files/atomic.ts';
import { type Model, openModel } from '../../models/model.ts';
import { fastEnough, type LatencyAim, type LatencyContext } from './latency-target.ts';
import { type PruneResult, prune } from './prune.ts';
import type { PruneContext, Removed } from './pruning.ts';
import { amountsOf } from './rounds.ts';
import { isUnstructured, type PruneOptions } from './schema.ts';
import { aimed } from './target.ts';

export interface RoundsContext extends Omit<PruneContext, 'calibration'>, LatencyContext {
  /** As `PruneContext`'s, encoded for the model in `folder`. */
  readonly calibration: (folder: string) => ReturnType<PruneContext['calibration']>;
  /** Trains a pruned model, writes the folder `out`. */
  readonly recover: (pruned: Model, out: string, steps: number) => Promise<Recovered>;
  /** The model of the last round, before it is recovered; waited for. */
  readonly onPruned?: (folder: string) => Promise<void>;
}

export interface Recovered {
  readonly losses: readonly number[];
  /** Of the training alone. */
  readonly seconds: number;
  readonly tokensPerSecond: number;
}

export interface Recovery extends Recovered {
  readonly method: PruneOptions['recover'];
  readonly steps: number;
  readonly rounds: number;
}

export interface Latency extends LatencyAim {
  /** Of the result. */
  readonly after: number;
  readonly reached: boolean;
}

export interface RoundsResult extends PruneResult {
  readonly recovery?: Recovery;
  readonly latency?: Latency;
}

/** @throws UserError arguments/incompatible before anything is run */
function assertRecoverable({ method, recover }: PruneOptions): void {
  if (recover === 'lora' && isUnstructured(method)) {
    throw new UserError(
      'arguments/incompatible',
      'adapters would fill the zeros again when they are merged: recover with full or distill',
    );
  }
  if (recover === 'distill' && method === 'vocabulary') {
    throw new UserError(
      'arguments/incompatible',
      'the whole model knows other tokens than the pruned one: recover with lora or full',
    );
  }
}

/** @throws UserError as `prune` and `recover` */
export async function pruneAndRecover(
  model: Model,
  out: string,
  given: PruneOptions,
  context: RoundsContext,
): Promise<RoundsResult> {
  await assertReplaceable(out);
  assertRecoverable(given);
  const { options, aim } = await fastEnough(model, out, aimed(model, given), context);
  const amounts = amountsOf(model, options);
  const recovers = options.recover !== 'none';
  const temporary: string[] = [];
  const place = (what: string, round: number) => {
    temporary.push(`${resolve(out)}.${what}-${round + 1}`);
    return temporary.at(-1)!;
  };
  const runs: Recovered[] = [];
  const results: PruneResult[] = [];
  let current = model;
  try {
    for (const [round, amount] of amounts.entries()) {
      const last = round === amounts.length - 1;
      const { folder } = current;
      const cut = last && !recovers ? out : place('pruned', round);
      const inner = { ...context, calibration: () => context.calibration(folder) };
      results.push(await prune(current, cut, { ...options, amount }, inner));
      current = await openModel(cut);
      if (!recovers) continue;
      if (last) await context.onPruned?.(cut);
      const steps = Math.max(1, Math.round(options.recoverSteps / amounts.length));
      const whole = last ? out : place('recovered', round);
      runs.push(await context.recover(current, whole, steps));
      current = await openModel(whole);
    }
  } finally {
    for (const folder of temporary) await rm(folder, { recursive: true, force: true });
  }
  return {
    model: resolve(out),
    parametersBefore: model.parameters,
    parametersAfter: current.parameters,
    removed: together(results, options),
    ...(recovers ? { recovery: recoveryOf(runs, options) } : {}),
    ...(aim ? { latency: await verified(aim, resolve(out), context) } : {}),
  };
}

/** The result itself is timed: what was tried had its shape, not its weights. */
async function verified(aim: LatencyAim, folder: string, { latency }: LatencyContext): Promise<Latency> {
  const after = await latency!(folder, aim.kind);
  return { ...aim, after, reached: after <= aim.target };
}

function recoveryOf(runs: readonly Recovered[], { recover: method }: PruneOptions): Recovery {
  const seconds = runs.reduce((sum, run) => sum + run.seconds, 0);
  const losses = runs.flatMap((run) => run.losses);
  const tokens = runs.reduce((sum, run) => sum + run.tokensPerSecond * run.seconds, 0);
  return { method, steps: losses.length, rounds: runs.length, losses, seconds, tokensPerSecond: tokens / seconds };
}

/** What went in all rounds: layers by their place in the whole model, other things by number. */
function together(results: readonly PruneResult[], { method }: PruneOptions): Removed {
  const [first] = results;
  if (results.length === 1 || isUnstructured(method)) return results.at(-1)!.removed;
  if (method === 'depth') {
    const left = Array.from({ length: first.removed.of }, (_, l) => l);
    const layers: number[] = [];
    for (const { removed } of results) {
      const places = removed.layers as readonly number[];
      layers.push(...places.map((place) => left[place]));
      for (const place of [...places].sort((a, b) => b - a)) left.splice(place, 1);
    }
    return { ...first.removed, layers };
  }
  const sums: Record<string, number> = {};
  for (const { removed } of results) {
    for (const [key, value] of Object.entries(removed)) {
      if (key !== 'of' && typeof value === 'number') sums[key] = (sums[key] ?? 0) + value;
    }
  }
  return { ...sums, of: first.removed.of };
}
