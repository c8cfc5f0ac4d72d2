/** What recovery after rounding computes: logits, the loss with its gradients, and a comparison on text that is set apart. */
import { askedRows, buildTrunk, logitsOf } from '../../models/graphs/predictions.ts';
import type { Model } from '../../models/model.ts';
import { GraphBuilder } from '../../tensor/builder.ts';
import { gradient } from '../../tensor/gradient.ts';
import type { Graph } from '../../tensor/graph.ts';
import { lower } from '../../tensor/lower.ts';
import { nameOutputs } from '../../tensor/name-outputs.ts';
import { narrow } from '../../tensor/narrow.ts';

/** `logits` [rows, vocabulary] of the weights that are given. */
export function logitsGraph(model: Model, maxLength: number): Graph {
  const g = new GraphBuilder();
  const trunk = buildTrunk(g, model, { maxLength });
  g.output(logitsOf(model, trunk, askedRows(g, model, trunk)), 'logits');
  return lower(g.build('logits'));
}

/**
 * `loss`, the mean divergence from `source` (logits [rows, vocabulary]) in nats, and its gradient by every trained weight,
 * `gradient.<name>`.
 */
export function studentGraph(model: Model, maxLength: number, names: readonly string[]): Graph {
  const g = new GraphBuilder();
  const trunk = buildTrunk(g, model, { maxLength });
  const logits = logitsOf(model, trunk, askedRows(g, model, trunk));
  const expected = g.softmax(g.input('source', 'float32', logits.shape));
  g.output(g.reduceMean(g.op('KlDivergence', [logits, expected]), [0], false), 'loss');
  return nameOutputs(lower(gradient(narrow(g.build('student'), 'rows'), 'loss', names).graph));
}

/**
 * Inputs: logits and source, float32 [rows, vocabulary], targets int64 [rows]. Outputs, means over the rows: divergence of the
 * first from the second, and the negative log-probabilities of the targets, `loss` and `source_loss`.
 */
export function comparisonGraph(vocabulary: number): Graph {
  const g = new GraphBuilder();
  const logits = g.input('logits', 'float32', ['rows', vocabulary]);
  const source = g.input('source', 'float32', ['rows', vocabulary]);
  const targets = g.input('targets', 'int64', ['rows']);
  const mean = (name: string, values: ReturnType<typeof g.op>) => g.output(g.reduceMean(values, [0], false), name);
  const loss = (of: typeof logits) => g.apply('CrossEntropy', [of, targets], {}, { outputs: 2 })[0];
  mean('divergence', g.op('KlDivergence', [logits, g.softmax(source)]));
  mean('loss', loss(logits));
  mean('source_loss', loss(source));
  return lower(g.build('comparison'));
}
