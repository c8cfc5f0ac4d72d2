/** The graph that gives logits of weights as they are while they are trained, adapters apart from what they adapt. */
import { GraphBuilder } from '../../tensor/builder.ts';
import type { Graph } from '../../tensor/graph.ts';
import { lower } from '../../tensor/lower.ts';
import type { Described } from '../architectures/index.ts';
import { askedRows, buildTrunk, logitsOf } from './predictions.ts';
import { heldBy } from './training-graph.ts';
import { type ValidationGraphOptions, withoutDropout } from './validation-graph.ts';

/**
 * Inputs: input_ids, position_ids, segment_ids int64 [batch, length] and rows int64 [rows], as `makeBatch` gives them; every
 * weight by name. Output: logits float32 [rows, vocabulary].
 */
export function buildForwardGraph(described: Described, options: Omit<ValidationGraphOptions, 'unpadded'>): Graph {
  const { device = 'cpu', ...rest } = options;
  const g = new GraphBuilder();
  const adapters = withoutDropout(rest.adapters);
  const trunk = buildTrunk(g, described, { ...rest, adapters, held: heldBy(described, rest) });
  g.output(logitsOf(described, trunk, askedRows(g, described, trunk)), 'logits');
  return lower(g.build('forward'), device);
}
