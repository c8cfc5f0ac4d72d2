/** The graph that gives the logits of every token, and the list of weights a model must have. */
import { GraphBuilder } from '../../tensor/builder.ts';
import type { Graph } from '../../tensor/graph.ts';
import type { Described } from '../architectures/index.ts';
import type { LinearSpec } from '../architectures/kit.ts';
import { SequenceKit } from './sequence-kit.ts';

export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface ScoringGraph {
  /**
   * Inputs: input_ids, position_ids, segment_ids (int64 [batch, length]), rows (int64 [rows]: which tokens, counted
   * through the batch), and every weight by its name. Output: logits float32 [rows, vocabulary].
   */
  readonly graph: Graph;
  readonly weights: readonly WeightSpec[];
  readonly linears: ReadonlyMap<string, LinearSpec>;
}

export function buildScoringGraph({ architecture, config }: Described, maxLength: number): ScoringGraph {
  const g = new GraphBuilder();
  const kit = new SequenceKit(g, { maxLength });
  const hidden = architecture.layers(kit, config);
  const rows = g.input('rows', 'int64', ['rows']);
  g.output(kit.logits(g.gather(hidden, rows), architecture.head(config)), 'logits');
  const weights = [...kit.weights].map(([name, value]) => ({ name, shape: value.shape as readonly number[] }));
  return { graph: g.build('scoring'), weights, linears: kit.linears };
}
