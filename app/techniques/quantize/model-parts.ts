/** The matrices of a decoder that are rounded: linear layers, embedding and head. */
import { assertContinues } from '../../models/architectures/index.ts';
import { buildLossGraph } from '../../models/graphs/training-graph.ts';
import type { Model } from '../../models/model.ts';
import type { ModelParts } from './write-tensors.ts';

/** @throws UserError model/* for what does not continue texts */
export function modelParts(model: Model): ModelParts {
  assertContinues(model);
  const { kit } = buildLossGraph(model, { maxLength: 8, trains: () => false });
  const head = model.architecture.head(model.config);
  const embedding = kit.tokenEmbedding;
  if (embedding === undefined) throw new Error('a decoder looks its tokens up in a table');
  return { linears: kit.linears, embedding, head };
}
