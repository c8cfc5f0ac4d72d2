/** The graph of one step of a student: its batch and what its teacher thinks of the same tokens in, loss and gradients out. */
import { GraphBuilder } from '../../tensor/builder.ts';
import type { Value } from '../../tensor/graph.ts';
import type { Described } from '../architectures/index.ts';
import { type DivergenceSpec, divergences } from './divergence.ts';
import { besides, emitMatching, type MatchSpec } from './matching.ts';
import { askedRows, buildTrunk, logitsOf } from './predictions.ts';
import { differentiated, labelLosses, type TrainingGraph, type TrainingGraphOptions } from './training-graph.ts';

export interface DistillationGraphOptions extends TrainingGraphOptions, DivergenceSpec {
  /** Logits of the student are divided by it where it is compared with the teacher, as the teacher's were. */
  readonly temperature: number;
  /** Weight of the divergence; cross-entropy with the labels has the rest. */
  readonly alpha: number;
  /** How many tokens of the teacher's are given; absent: the whole vocabulary. */
  readonly topK?: number;
  /** Layers to be held against the teacher's, which then are part of the graph: its weights are inputs, `teacher.…`. */
  readonly match?: MatchSpec;
}

/** What a step measures besides its loss. */
export const AGREEMENT = 'agreement';
/** How far apart the matched layers are, as it enters the loss; where layers are matched. */
export const MATCH = 'match';

/**
 * Besides the inputs of a training graph: teacher float32 [rows, vocabulary], its probabilities; or with `topK` teacher float32
 * [rows, topK + 1], the last the others' share, and teacher_ids int64 [rows, topK], the likeliest first.
 * The loss is alpha T² D(teacher, student at T) + (1 - alpha) cross-entropy, summed over rows / divisor (Hinton et al. 2015:
 * T² keeps the gradient's size when the temperature changes). Further output: agreement float32 [], the share of rows whose
 * likeliest token is the teacher's.
 */
export function buildDistillationGraph(described: Described, options: DistillationGraphOptions): TrainingGraph {
  const { temperature, alpha, topK } = options;
  const g = new GraphBuilder();
  const trunk = buildTrunk(g, described, options);
  const divisor = g.input('divisor', 'float32', []);
  const targets = g.input('targets', 'int64', ['rows']);
  const logits = logitsOf(described, trunk, askedRows(g, described, trunk));
  const soft = g.scale(logits, 1 / temperature);
  const classes = topK === undefined ? logits.shape[1] : topK + 1;
  const teacher = g.input('teacher', 'float32', ['rows', classes]);
  const ids = topK === undefined ? undefined : g.input('teacher_ids', 'int64', ['rows', topK]);
  const student = ids ? g.apply('ShortlistLogSoftmax', [soft, ids], {}, { outputs: 3 })[0] : g.op('LogSoftmax', [soft]);
  const terms: Value[] = [];
  const divergence = () => divergences(g, student, teacher, options);
  if (alpha > 0) terms.push(g.scale(g.scoped('divergence', divergence), alpha * temperature ** 2));
  if (alpha < 1) terms.push(g.scale(labelLosses(g, logits, targets), 1 - alpha));
  const mean = (x: Value) => g.div(g.reduceSum(x, [0], false), divisor);
  const answers = mean(terms.reduce((a, b) => g.add(a, b)));
  const matched = options.match && emitMatching(g, described, trunk, options, options.match);
  // Of several micro-batches each counts by its share of what is learnt.
  const share = () => g.div(g.cast(g.squeeze(g.op('Shape', [targets]), [0]), 'float32'), divisor);
  const layers = matched && g.mul(matched.loss, share());
  g.output(layers ? g.add(answers, layers) : answers, 'loss');
  if (layers) g.output(layers, MATCH);
  const likeliest = (x: Value) => g.op('ArgMax', [x], { axis: -1, keepdims: 0 });
  const theirs = ids ? g.squeeze(g.slice(ids, 1, 0, 1), [1]) : likeliest(teacher);
  g.output(mean(g.cast(g.op('Equal', [likeliest(logits), theirs]), 'float32')), AGREEMENT);
  const graph = differentiated(described, { graph: g.build('distillation'), kit: trunk.kit }, options);
  if (!matched) return { ...graph, measured: [AGREEMENT] };
  return { ...graph, frozen: [...graph.frozen, ...besides(matched.teacher)], measured: [AGREEMENT, MATCH] };
}
