/** The graph of one step of a student that learns from its teacher's layers alone: texts in, loss and gradients out. */
import { GraphBuilder } from '../../tensor/builder.ts';
import type { Described } from '../architectures/index.ts';
import { besides, emitMatching, type MatchSpec } from './matching.ts';
import { buildTrunk } from './predictions.ts';
import { differentiated, type TrainingGraph, type TrainingGraphOptions } from './training-graph.ts';

/**
 * Inputs: those of `makeLabelBatch` that the model reads; texts float32 [], how many there are in the batch; divisor float32 [],
 * those of the whole step; the weights of both models, the teacher's as `teacher.…`. Outputs as of a training graph.
 */
export function buildMatchingGraph(
  described: Described,
  { match, ...options }: TrainingGraphOptions & { readonly match: MatchSpec },
): TrainingGraph {
  const g = new GraphBuilder();
  const trunk = buildTrunk(g, described, options);
  const { loss, teacher } = emitMatching(g, described, trunk, options, match);
  // Of several micro-batches each counts by its share of the texts.
  const share = g.div(g.input('texts', 'float32', []), g.input('divisor', 'float32', []));
  g.output(g.mul(loss, share), 'loss');
  const graph = differentiated(described, { graph: g.build('matching'), kit: trunk.kit }, options);
  return { ...graph, frozen: [...graph.frozen, ...besides(teacher)] };
}
