/** The graph of one step that moves vectors of texts together or apart: pairs of texts in, loss and gradients out. */
import { GraphBuilder } from '../../tensor/builder.ts';
import type { Value } from '../../tensor/graph.ts';
import type { Described } from '../architectures/index.ts';
import { emitLosses } from './losses.ts';
import { askedRows, buildTrunk } from './predictions.ts';
import { differentiated, type TrainingGraph, type TrainingGraphOptions } from './training-graph.ts';

/**
 * - `ranking`: each first text should be nearer to its second one than to those of the others of the batch
 *   (MultipleNegativesRankingLoss of sentence-transformers; Henderson et al. 2017).
 * - `order`: pairs with a higher score should be nearer than those with a lower one (CoSENTLoss).
 * - `cosine`: the cosine should be the score (CosineSimilarityLoss).
 */
export type Contrast = 'ranking' | 'order' | 'cosine';

/** Cosines are multiplied by it, as in sentence-transformers. */
const SCALE = 20;
const TINY = 1e-12;

/**
 * Inputs: those of `makeLabelBatch`; first, second int64 [pairs], which of its rows make a pair; and for
 * - ranking: second int64 [answers], those of the pairs and then texts that answer none; targets int64 [pairs], 0, 1, 2, …;
 *   barred float32 [pairs, answers], far below zero where an answer of another pair is no false one;
 * - order: apart float32 [pairs, pairs], 1 where the second of two pairs has the higher score;
 * - cosine: scores float32 [pairs].
 *
 * Divisor: pairs, for order 1. Outputs as of a training graph.
 */
export function buildContrastGraph(
  described: Described,
  contrast: Contrast,
  options: TrainingGraphOptions,
): TrainingGraph {
  const g = new GraphBuilder();
  const trunk = buildTrunk(g, described, options);
  const vectors = unitRows(g, askedRows(g, described, trunk));
  const part = (name: string, size: string) => g.gather(vectors, g.input(name, 'int64', [size]));
  const [first, second] = [part('first', 'pairs'), part('second', contrast === 'ranking' ? 'answers' : 'pairs')];
  const sum = g.scoped('loss', () => lossOf(g, contrast, first, second));
  g.output(g.div(sum, g.input('divisor', 'float32', [])), 'loss');
  return differentiated(described, { graph: g.build('contrast'), kit: trunk.kit }, options);
}

function unitRows(g: GraphBuilder, rows: Value): Value {
  const squares = g.reduceSum(g.mul(rows, rows), [1]);
  return g.div(rows, g.op('Sqrt', [g.add(squares, g.scalar(TINY))]));
}

function lossOf(g: GraphBuilder, contrast: Contrast, first: Value, second: Value): Value {
  if (contrast === 'ranking') {
    const cosines = g.matmul(first, second, { transY: true, alpha: SCALE });
    const targets = g.input('targets', 'int64', ['pairs']);
    return g.reduceSum(
      emitLosses(g, g.add(cosines, g.input('barred', 'float32', ['pairs', 'answers'])), targets),
      [0],
      false,
    );
  }
  const cosines = g.reduceSum(g.mul(first, second), [1], false);
  if (contrast === 'cosine') {
    const gap = g.sub(cosines, g.input('scores', 'float32', ['pairs']));
    return g.reduceSum(g.mul(gap, gap), [0], false);
  }
  // log(1 + sum of exp(20 (cos_i - cos_j)) where j should be nearer than i); cosines keep the exponents below 41.
  const gaps = g.scale(g.sub(g.unsqueeze(cosines, [1]), g.unsqueeze(cosines, [0])), SCALE);
  const wrong = g.reduceSum(g.mul(g.op('Exp', [gaps]), g.input('apart', 'float32', ['pairs', 'pairs'])), [0, 1], false);
  return g.op('Log', [g.add(wrong, g.scalar(1))]);
}
