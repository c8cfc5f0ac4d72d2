/**
 * A classifier cut in two: the layers up to the vector that stands for a text, which may stay as they are and be computed
 * once, and the head on those vectors, which can then be trained by itself.
 */
import { GraphBuilder } from '../../tensor/builder.ts';
import { gradient } from '../../tensor/gradient.ts';
import type { Graph } from '../../tensor/graph.ts';
import { lower } from '../../tensor/lower.ts';
import { nameOutputs } from '../../tensor/name-outputs.ts';
import { narrow } from '../../tensor/narrow.ts';
import type { Described } from '../architectures/index.ts';
import { askedRows, buildTrunk, logitsOf } from './predictions.ts';
import type { WeightSpec } from './scoring-graph.ts';
import { SequenceKit } from './sequence-kit.ts';
import { type TrainingGraph, taskLosses } from './training-graph.ts';
import { withoutUnread } from './unread.ts';

export interface PartGraph {
  readonly graph: Graph;
  readonly weights: readonly WeightSpec[];
}

/** Inputs: those of `makeLabelBatch` and every weight by name. Output: pooled float32 [rows, width]. */
export function buildPoolingGraph(described: Described, maxLength: number): PartGraph {
  const g = new GraphBuilder();
  const trunk = buildTrunk(g, described, { maxLength });
  g.output(askedRows(g, described, trunk), 'pooled');
  // Of the last layer only the asked rows are needed, but for its keys and values.
  return { graph: lower(withoutUnread(narrow(g.build('pooling'), 'rows'))), weights: specsOf(trunk.kit) };
}

/** Inputs: pooled float32 [rows, width] and the head's weights by name. Output: logits float32 [rows, labels]. */
export function buildHeadGraph(described: Described): PartGraph & { readonly outputLayer: string } {
  const { g, kit, logits } = head(described);
  g.output(logits, 'logits');
  const outputLayer = [...kit.linears.keys()].at(-1)!;
  return { graph: lower(withoutUnread(g.build('head'))), weights: specsOf(kit), outputLayer };
}

/**
 * Further inputs: targets (see `taskLosses`), divisor float32 []. Outputs: loss float32 [], gradient.<weight>.
 * @param trains which of the head's weights are trained
 */
export function buildHeadTrainingGraph(described: Described, trains: (weight: string) => boolean): TrainingGraph {
  const { g, kit, logits } = head(described);
  const losses = taskLosses(g, described.task, logits);
  g.output(g.div(g.reduceSum(losses, [0], false), g.input('divisor', 'float32', [])), 'loss');
  const trained = specsOf(kit).filter(({ name }) => trains(name));
  const frozen = specsOf(kit).filter(({ name }) => !trains(name));
  const { graph, sparse } = gradient(
    withoutUnread(g.build('head-training')),
    'loss',
    trained.map(({ name }) => name),
  );
  return { graph: nameOutputs(lower(graph)), sparse, trained, frozen };
}

function head(described: Described) {
  const g = new GraphBuilder();
  const kit = new SequenceKit(g, { maxLength: 1 });
  const pooled = g.input('pooled', 'float32', ['rows', described.config.width]);
  return { g, kit, logits: logitsOf(described, { kit, hidden: pooled }, pooled) };
}

const specsOf = (kit: SequenceKit): WeightSpec[] =>
  [...kit.weights].map(([name, { shape }]) => ({ name, shape: shape as readonly number[] }));
