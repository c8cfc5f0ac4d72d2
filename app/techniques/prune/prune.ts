/** Pruning a decoder: less of it, written as an ordinary model of the same architecture. */
import { resolve } from 'node:path';
import { assertNever, UserError } from '../../contract/errors.ts';
import { assertReplaceable } from '../../files/atomic.ts';
import { assertContinues } from '../../models/architectures/index.ts';
import type { Model } from '../../models/model.ts';
import { cutLayers } from './cut-layers.ts';
import { cutVocabulary } from './cut-vocabulary.ts';
import { cutWidth } from './cut-width.ts';
import type { PruneContext, Pruning, Removed } from './pruning.ts';
import type { PruneOptions } from './schema.ts';
import { writePruned } from './write.ts';
import { zeroWeights } from './zero-weights.ts';

export interface PruneResult {
  readonly model: string;
  readonly parametersBefore: number;
  readonly parametersAfter: number;
  readonly removed: Removed;
}

const BY: Readonly<Record<PruneOptions['method'], readonly string[]>> = {
  depth: ['perplexity', 'influence', 'angular'],
  width: ['activation', 'taylor', 'magnitude'],
  vocabulary: [],
  wanda: [],
  sparsegpt: [],
  magnitude: [],
};

/** @throws UserError prune/*, arguments/incompatible, model/unsupported, dataset/empty, disk/full, file/* */
export async function prune(
  model: Model,
  out: string,
  options: PruneOptions,
  context: PruneContext,
): Promise<PruneResult> {
  await assertReplaceable(out);
  assertContinues(model);
  const { method, by } = options;
  if (by !== undefined && !BY[method].includes(by)) {
    const known = BY[method].join(', ');
    throw new UserError(
      'arguments/incompatible',
      `--by ${by} does not go with ${method}${known && `, which takes ${known}`}`,
    );
  }
  if (options.layers && method !== 'depth') {
    throw new UserError('arguments/incompatible', `--layers goes with the method depth, not with ${method}`);
  }
  const { removed, ...pruned } = await pruningOf(method)(model, options, context);
  const parametersAfter = await writePruned(out, model, options, pruned);
  return { model: resolve(out), parametersBefore: model.parameters, parametersAfter, removed };
}

function pruningOf(method: PruneOptions['method']): Pruning {
  switch (method) {
    case 'depth':
      return cutLayers;
    case 'width':
      return cutWidth;
    case 'vocabulary':
      return cutVocabulary;
    case 'wanda':
    case 'sparsegpt':
    case 'magnitude':
      return zeroWeights;
    default:
      return assertNever(method);
  }
}
