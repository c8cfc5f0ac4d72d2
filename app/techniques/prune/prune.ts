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
  const { method, by } = options;
  assertPrunable(model, options);
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

/** What an encoder can lose: nothing of what is found by the next token, and no heads, whose width follows from the model's. */
const OF_ENCODERS: readonly string[] = ['influence', 'angular', 'activation', 'magnitude'];

/** @throws UserError arguments/incompatible */
function assertPrunable(model: Model, { method, by, part }: PruneOptions): void {
  if (model.architecture.kind !== 'encoder') {
    assertContinues(model);
    return;
  }
  const { name } = model.architecture;
  if (method !== 'depth' && method !== 'width') {
    throw new UserError('arguments/incompatible', `${name} is an encoder: --method depth or width, not ${method}`);
  }
  if (by !== undefined && !OF_ENCODERS.includes(by)) {
    throw new UserError('arguments/incompatible', `${name} predicts no next token, which --by ${by} needs`);
  }
  if (method === 'width' && part !== 'neurons') {
    throw new UserError(
      'arguments/incompatible',
      `${name} derives the width of a head from that of the model, and so has no fewer ${part}: remove neurons or layers`,
    );
  }
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
