/** The graph that gives all that a model returns for whole sequences, and the list of weights a model must have. */
import { GraphBuilder } from '../../tensor/builder.ts';
import type { Graph } from '../../tensor/graph.ts';
import type { Described } from '../architectures/index.ts';
import type { LinearSpec } from '../architectures/kit.ts';
import { askedRows, buildTrunk, logitsOf } from './predictions.ts';

export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface ScoringGraph {
  /**
   * Inputs: input_ids, position_ids, segment_ids (int64 [batch, length]), rows or pooling (see `askedRows`), every weight
   * by its name; token_type_ids where the model has them; decoder_input_ids, decoder_position_ids, decoder_segment_ids
   * for encoder-decoders. Outputs: logits float32 [rows, vocabulary or labels], encoder_last_hidden_state
   * [batch*length, width]; or last_hidden_state [batch*length, width] and pooler_output [rows, width].
   */
  readonly graph: Graph;
  readonly weights: readonly WeightSpec[];
  readonly linears: ReadonlyMap<string, LinearSpec>;
}

export function buildScoringGraph(described: Described, maxLength: number): ScoringGraph {
  const { architecture, config, task } = described;
  const g = new GraphBuilder();
  const trunk = buildTrunk(g, described, { maxLength });
  const { kit, hidden } = trunk;
  if (task.kind === 'hidden-states') {
    g.output(hidden, 'last_hidden_state');
    if (architecture.pool) {
      const first = askedRows(g, described, trunk);
      const pooled = architecture.pool(kit, config, first);
      if (pooled !== first) g.output(pooled, 'pooler_output');
    }
  } else {
    g.output(logitsOf(described, trunk, askedRows(g, described, trunk)), 'logits');
    if (trunk.encoded) g.output(trunk.encoded, 'encoder_last_hidden_state');
  }
  const weights = [...kit.weights].map(([name, value]) => ({ name, shape: value.shape as readonly number[] }));
  return { graph: g.build('scoring'), weights, linears: kit.linears };
}
