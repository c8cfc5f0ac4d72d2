/** The graph of one training step: batch and parameters in, loss and gradients out. */
import { GraphBuilder } from '../../tensor/builder.ts';
import { gradient } from '../../tensor/gradient.ts';
import type { Graph } from '../../tensor/graph.ts';
import { lower } from '../../tensor/lower.ts';
import type { Described } from '../architectures/index.ts';
import type { WeightSpec } from './scoring-graph.ts';
import { type AdapterSpec, SequenceKit } from './sequence-kit.ts';

export interface TrainingGraphOptions {
  /** Longest row of a batch. */
  readonly maxLength: number;
  readonly adapters?: ReadonlyMap<string, AdapterSpec>;
  /** Which weights are trained; adapters' always are. */
  readonly trains: (weight: string) => boolean;
  /** Keep only the layers' inputs for the backward pass and compute the rest again. */
  readonly checkpointing?: boolean;
  readonly device?: string;
}

export interface TrainingGraph {
  /**
   * Inputs: input_ids, position_ids, segment_ids int64 [batch, length]; rows int64 [rows] (the tokens whose logits are
   * needed, counted through the batch), targets int64 [rows], divisor float32 [] (supervised tokens of the whole step);
   * every weight by name. Outputs: loss float32 [] (sum over rows / divisor) and gradient.<weight>.
   */
  readonly graph: Graph;
  readonly trained: readonly WeightSpec[];
  readonly frozen: readonly WeightSpec[];
}

/** The loss alone, for validation: the same inputs without gradients. */
export function buildLossGraph(
  described: Described,
  options: TrainingGraphOptions,
): { graph: Graph; kit: SequenceKit } {
  const g = new GraphBuilder();
  const kit = new SequenceKit(g, options);
  const hidden = described.architecture.layers(kit, described.config);
  const rows = g.input('rows', 'int64', ['rows']);
  const targets = g.input('targets', 'int64', ['rows']);
  const divisor = g.input('divisor', 'float32', []);
  const logits = kit.logits(g.gather(hidden, rows), described.architecture.head(described.config));
  const [losses] = g.scoped('loss', () => g.apply('CrossEntropy', [logits, targets], {}, { outputs: 2 }));
  g.output(g.div(g.reduceSum(losses, [0], false), divisor), 'loss');
  return { graph: g.build('training'), kit };
}

export function buildTrainingGraph(described: Described, options: TrainingGraphOptions): TrainingGraph {
  const { graph, kit } = buildLossGraph(described, options);
  const weights = [...kit.weights.values()].map((w) => ({ name: w.name, shape: w.shape as readonly number[] }));
  const trains = (name: string) => /\.lora_[AB]\.weight$/.test(name) || options.trains(name);
  const trained = weights.filter((w) => trains(w.name));
  const frozen = weights.filter((w) => !trains(w.name));
  const checkpoints = options.checkpointing ? kit.layerInputs.map((x) => x.name) : [];
  const names = trained.map((w) => w.name);
  const { graph: whole } = gradient(graph, 'loss', names, { checkpoints });
  return { graph: lower(whole, options.device ?? 'cpu'), trained, frozen };
}
