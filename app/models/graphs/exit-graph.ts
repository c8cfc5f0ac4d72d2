/**
 * A classifier that can stop early: a head after every layer. The training graph has all exits at once; the running graph
 * gives the logits of each, in an order from which `nestStages` makes branches.
 */
import { GraphBuilder } from '../../tensor/builder.ts';
import { gradient } from '../../tensor/gradient.ts';
import type { Graph, Value } from '../../tensor/graph.ts';
import { lower } from '../../tensor/lower.ts';
import { nameOutputs } from '../../tensor/name-outputs.ts';
import type { Pooling } from '../architectures/architecture.ts';
import type { Described } from '../architectures/index.ts';
import { emitHalting, haltedAnswers, weighted } from './halting.ts';
import { buildTrunk, logitsOf, type Trunk } from './predictions.ts';
import type { WeightSpec } from './scoring-graph.ts';
import { SequenceKit } from './sequence-kit.ts';
import { BATCH, LENGTH } from './token-grid.ts';
import { labelLosses, type TrainingGraph } from './training-graph.ts';
import { withoutUnread } from './unread.ts';
import { pool, positionsOf } from './whole-graph.ts';

export const exitName = (layer: number): string => `exits.${layer}`;
export const exitLogits = (layer: number): string => `logits.${layer}`;
export const pooledName = (layer: number): string => `pooled.${layer}`;
/** Of a model with halting units: what they have come to after a layer, [rows, 1], and what the layer's own head says. */
export const haltedName = (layer: number): string => `halted.${layer}`;
export const ownLogits = (layer: number): string => `own.${layer}`;

/** Layers that have an exit head of their own: all, but for the last of a model that is a classifier already. */
export function exitLayers({ config, task }: Described): number[] {
  const own = task.kind === 'classification' ? config.layers - 1 : config.layers;
  return Array.from({ length: own }, (_, i) => i + 1);
}

/** What early exits read: an encoder's tokens alike, of a decoder the token that has seen all others. */
export const exitPooling = ({ architecture }: Described): Pooling =>
  architecture.kind === 'encoder' ? 'mean' : 'last';

/** Hidden states [tokens, width] after each layer, the first at index 0. */
const statesOf = ({ kit, hidden }: Trunk): Value[] => [...kit.layerInputs.slice(1), hidden];

/** Norm and one linear layer: pooled hidden states [rows, width] to logits [rows, labels]. */
function exitHead(kit: SequenceKit, { config }: Described, layer: number, pooled: Value, labels: number): Value {
  const name = exitName(layer);
  const normed = kit.layerNorm(pooled, `${name}.norm`, { epsilon: 1e-6, width: config.width, bias: true });
  return kit.linear(normed, name, { inputs: config.width, outputs: labels, bias: true });
}

/** A halting unit: pooled hidden states [rows, width] to how much of the answer the layer gives, [rows, 1], 0 to 1. */
function haltingUnit(
  kit: SequenceKit,
  g: GraphBuilder,
  { config }: Described,
  layer: number,
  pooled: Value,
  factor = 1,
) {
  const name = `${exitName(layer)}.halt`;
  const normed = kit.layerNorm(pooled, `${name}.norm`, { epsilon: 1e-6, width: config.width, bias: true });
  const unit = kit.linear(normed, name, { inputs: config.width, outputs: 1, bias: true });
  return g.op('Sigmoid', [g.scale(unit, factor)]);
}

/** Layers with a halting unit: all but the last, which always halts. */
const haltingLayers = ({ config }: Described): number[] => Array.from({ length: config.layers - 1 }, (_, i) => i + 1);

const specsOf = (kit: SequenceKit): WeightSpec[] =>
  [...kit.weights].map(([name, { shape }]) => ({ name, shape: shape as readonly number[] }));

/** Weights of the exit heads alone, and of halting units where there are any. */
export function exitWeights(described: Described, labels: number, halting = false): WeightSpec[] {
  const g = new GraphBuilder();
  const kit = new SequenceKit(g, { maxLength: 1 });
  const pooled = g.input('pooled', 'float32', ['rows', described.config.width]);
  for (const layer of exitLayers(described)) exitHead(kit, described, layer, pooled, labels);
  if (halting) for (const layer of haltingLayers(described)) haltingUnit(kit, g, described, layer, pooled);
  return specsOf(kit);
}

export interface ExitTrainingOptions {
  readonly maxLength: number;
  readonly labels: number;
  /** Exit heads' linear weights count so many times: with one learning rate for all they learn so much faster. */
  readonly headFactor: number;
  /** With halting units: what a layer costs, in units of the loss. */
  readonly ponder?: number;
}

/**
 * Cross-entropy of every exit and its divergence from the last one's probabilities, weighted by depth (the deeper, the
 * more), summed over texts and divided. With halting units also that of their weighted answer, and what pondering costs.
 * Inputs: those of `makeLabelBatch`, divisor, weights. Everything is trained.
 */
export function buildExitTrainingGraph(described: Described, options: ExitTrainingOptions): TrainingGraph {
  const { labels, headFactor, maxLength } = options;
  const g = new GraphBuilder();
  const trunk = buildTrunk(g, described, { maxLength, recomputeAttention: true });
  const { kit } = trunk;
  const { task } = described;
  const read = rowReader(g, kit);
  const own = task.kind === 'classification' ? logitsOf(described, trunk, read(trunk.hidden, task.pooling)) : undefined;
  const states = statesOf(trunk);
  const pooling = exitPooling(described);
  const exits = exitLayers(described).map((layer) =>
    g.scale(exitHead(kit, described, layer, read(states[layer - 1], pooling), labels), headFactor),
  );
  const answers = own ? [...exits, own] : exits;
  const { ponder } = options;
  const haltAt = (layer: number) => haltingUnit(kit, g, described, layer, read(states[layer - 1], pooling), headFactor);
  const halting = ponder === undefined ? undefined : { halts: haltingLayers(described).map(haltAt), ponder };
  const weights = answers.map((_, i) => i + 1);
  g.output(exitLoss(g, answers, weights, halting), 'loss');
  const graph = withoutUnread(g.build('exit-training'));
  const trained = specsOf(kit);
  const names = trained.map(({ name }) => name);
  const { graph: whole, sparse } = gradient(graph, 'loss', names, { tables: [`${kit.tokenEmbedding}.weight`] });
  return { graph: nameOutputs(lower(whole)), sparse, trained, frozen: [] };
}

/** Hidden states [tokens, width] to rows [rows, width], by the inputs of `makeLabelBatch`: `pooling`, or `rows`. */
function rowReader(g: GraphBuilder, kit: SequenceKit): (hidden: Value, pooling: Pooling) => Value {
  let shares: Value | undefined;
  let rows: Value | undefined;
  return (hidden, pooling) => {
    if (pooling !== 'mean') {
      rows ??= g.input('rows', 'int64', ['rows']);
      return g.gather(hidden, rows);
    }
    shares ??= g.input('pooling', 'float32', ['rows', kit.tokens]);
    return g.matmul(shares, hidden);
  };
}

/** @param weights of the exits, in their order */
function exitLoss(
  g: GraphBuilder,
  logits: readonly Value[],
  weights: readonly number[],
  halting?: { readonly halts: readonly Value[]; readonly ponder: number },
): Value {
  const targets = g.input('targets', 'int64', ['rows']);
  const divisor = g.input('divisor', 'float32', []);
  const last = logits[logits.length - 1];
  const teacher = g.softmax(last);
  const total = weights.reduce((a, b) => a + b, 0);
  const losses = logits.map((z, i) => {
    const answer = labelLosses(g, z, targets);
    const loss = z === last ? answer : g.add(answer, g.op('KlDivergence', [z, teacher]));
    return g.scale(loss, weights[i] / total);
  });
  const sum = losses.reduce((a, b) => g.add(a, b));
  if (!halting) return g.div(g.reduceSum(sum, [0], false), divisor);
  const { shares, ponder } = emitHalting(g, halting.halts);
  const answer = labelLosses(g, weighted(g, shares, logits), targets);
  const cost = g.scale(g.squeeze(ponder, [1]), halting.ponder);
  return g.div(g.reduceSum(g.add(g.add(sum, answer), cost), [0], false), divisor);
}

/**
 * The same for heads alone, on hidden states that are computed already. Inputs: pooled.<layer> float32 [rows, width],
 * teacher float32 [rows, labels] (probabilities) where the model has its own last head, targets, divisor, weights.
 */
export function buildExitHeadTrainingGraph(described: Described, labels: number): TrainingGraph {
  const g = new GraphBuilder();
  const kit = new SequenceKit(g, { maxLength: 1 });
  const logits = exitLayers(described).map((layer) =>
    exitHead(kit, described, layer, g.input(pooledName(layer), 'float32', ['rows', described.config.width]), labels),
  );
  g.output(headLoss(g, described, logits, labels), 'loss');
  const trained = specsOf(kit);
  const { graph, sparse } = gradient(
    withoutUnread(g.build('exit-head-training')),
    'loss',
    trained.map(({ name }) => name),
  );
  return { graph: nameOutputs(lower(graph)), sparse, trained, frozen: [] };
}

function headLoss(g: GraphBuilder, { task }: Described, logits: readonly Value[], labels: number): Value {
  const weights = logits.map((_, i) => i + 1);
  if (task.kind !== 'classification') return exitLoss(g, logits, weights);
  const targets = g.input('targets', 'int64', ['rows']);
  const divisor = g.input('divisor', 'float32', []);
  const teacher = g.input('teacher', 'float32', ['rows', labels]);
  const losses = logits.map((z) => g.add(labelLosses(g, z, targets), g.op('KlDivergence', [z, teacher])));
  const sum = losses.reduce((a, b) => g.add(a, b));
  return g.div(g.reduceSum(g.scale(sum, 1 / losses.length), [0], false), divisor);
}

/**
 * All exits as other runtimes call them. Inputs: input_ids, attention_mask int64 [batch, length], token_type_ids where the
 * model has them, weights by name. Outputs: logits.<layer> float32 [batch, labels] for every layer and, where asked for,
 * pooled.<layer> [batch, width] for those with an exit head. With halting units logits.<layer> is the answer of a text that
 * halts there (the last layer's is its own alone), beside it halted.<layer> [batch, 1] and own.<layer> [batch, labels].
 */
export function buildExitGraph(
  described: Described,
  options: {
    readonly maxLength: number;
    readonly labels: number;
    readonly pooled?: boolean;
    readonly halting?: boolean;
  },
): { readonly graph: Graph; readonly weights: readonly WeightSpec[] } {
  const { config, task } = described;
  const g = new GraphBuilder();
  const ids = g.input('input_ids', 'int64', [BATCH, LENGTH]);
  const mask = g.input('attention_mask', 'int64', [BATCH, LENGTH]);
  const given = { input_ids: ids, segment_ids: mask, position_ids: positionsOf(g, ids, config.positionsSkip) };
  const trunk = buildTrunk(g, described, { maxLength: options.maxLength, given });
  const states = statesOf(trunk);
  const read = (hidden: Value, pooling: Pooling) =>
    pool(g, g.reshape(hidden, [BATCH, LENGTH, config.width]), mask, pooling);
  const pooledAt = (layer: number) => read(states[layer - 1], exitPooling(described));
  const answers = exitLayers(described).map((layer) => {
    const pooled = pooledAt(layer);
    if (options.pooled) g.output(pooled, pooledName(layer));
    return exitHead(trunk.kit, described, layer, pooled, options.labels);
  });
  if (task.kind === 'classification') answers.push(logitsOf(described, trunk, read(trunk.hidden, task.pooling)));
  if (options.halting) outputHalting(g, trunk.kit, described, answers, pooledAt);
  else for (const [i, answer] of answers.entries()) g.output(answer, exitLogits(i + 1));
  return { graph: withoutUnread(g.build('exits')), weights: specsOf(trunk.kit) };
}

function outputHalting(
  g: GraphBuilder,
  kit: SequenceKit,
  described: Described,
  answers: readonly Value[],
  pooledAt: (layer: number) => Value,
): void {
  const halts = haltingLayers(described).map((layer) => haltingUnit(kit, g, described, layer, pooledAt(layer)));
  for (const [i, { answer, sum }] of haltedAnswers(g, halts, answers).entries()) {
    g.output(i === 0 ? g.op('Identity', [answer]) : answer, exitLogits(i + 1));
    g.output(i === 0 ? g.op('Identity', [sum]) : sum, haltedName(i + 1));
    g.output(answers[i], ownLogits(i + 1));
  }
  g.output(answers[answers.length - 1], exitLogits(answers.length));
}
