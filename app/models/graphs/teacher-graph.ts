/** The graph of a teacher: what it thinks comes next at the tokens that are asked for, softened and, if wanted, cut to the likeliest. */
import { GraphBuilder } from '../../tensor/builder.ts';
import type { Graph, Value } from '../../tensor/graph.ts';
import { lower } from '../../tensor/lower.ts';
import { narrow } from '../../tensor/narrow.ts';
import type { Described } from '../architectures/index.ts';
import { askedRows, buildTrunk, logitsOf } from './predictions.ts';
import type { WeightSpec } from './scoring-graph.ts';

export interface TeacherGraphOptions {
  readonly maxLength: number;
  /** Logits are divided by it before they become probabilities. */
  readonly temperature: number;
  /** How many of the likeliest tokens are given; absent: all. */
  readonly topK?: number;
  /** Batches are those of `makeUnpaddedBatch`, as for decoders (default), or of `makeLabelBatch`. */
  readonly unpadded?: boolean;
}

export interface TeacherGraph {
  /**
   * Inputs: those of the batch and every weight by name. Outputs: probabilities float32 [rows, topK or vocabulary or labels];
   * with `topK` also ids int64 [rows, topK], the likeliest first.
   */
  readonly graph: Graph;
  readonly weights: readonly WeightSpec[];
}

export function buildTeacherGraph(described: Described, options: TeacherGraphOptions): TeacherGraph {
  const { maxLength, temperature, topK, unpadded = true } = options;
  const g = new GraphBuilder();
  const trunk = buildTrunk(g, described, { maxLength, unpadded });
  const logits = logitsOf(described, trunk, askedRows(g, described, trunk));
  const probabilities = g.softmax(g.scale(logits, 1 / temperature));
  if (topK === undefined) g.output(probabilities, 'probabilities');
  else {
    const [values, ids]: Value[] = g.apply('TopK', [probabilities, g.int64s([topK])], {}, { outputs: 2 });
    g.output(values, 'probabilities');
    g.output(ids, 'ids');
  }
  const weights = [...trunk.kit.weights].map(([name, { shape }]) => ({ name, shape: shape as readonly number[] }));
  return { graph: lower(narrow(g.build('teacher'), 'rows')), weights };
}
