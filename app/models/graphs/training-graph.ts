/** The graph of one training step: batch and parameters in, loss and gradients out. */
import { GraphBuilder } from '../../tensor/builder.ts';
import type { DType } from '../../tensor/dtype.ts';
import { gradient, type SparseTerm } from '../../tensor/gradient.ts';
import type { Graph, Value } from '../../tensor/graph.ts';
import { keepHalf } from '../../tensor/keep-half.ts';
import { lower } from '../../tensor/lower.ts';
import { nameOutputs } from '../../tensor/name-outputs.ts';
import { narrow } from '../../tensor/narrow.ts';
import type { Described } from '../architectures/index.ts';
import type { Task } from '../architectures/task.ts';
import { type AdapterSpec, isAdapterWeight } from './adapter.ts';
import { heldFormat } from './held-weights.ts';
import { emitLosses, type LossOptions } from './losses.ts';
import { askedRows, buildTrunk, logitsOf } from './predictions.ts';
import { emitPreferences, PREFERENCE_MEASURES, type PreferenceLoss } from './preferences.ts';
import type { WeightSpec } from './scoring-graph.ts';
import type { SequenceKit, SequenceKitOptions } from './sequence-kit.ts';

export interface TrainingGraphOptions {
  /** Longest row of a batch. */
  readonly maxLength: number;
  readonly adapters?: ReadonlyMap<string, AdapterSpec>;
  /** Which weights are trained; adapters' always are. */
  readonly trains: (weight: string) => boolean;
  /** Keep only the layers' inputs for the backward pass and compute the rest again. */
  readonly checkpointing?: boolean;
  /** Keep everything but the attention probabilities, which are computed again. */
  readonly recomputeAttention?: boolean;
  /** The batches have no padding: see `makeUnpaddedBatch`. */
  readonly unpadded?: boolean;
  /**
   * Hold the linear layers that are not trained in this many bits, the tables of tokens in 8, and what the forward pass leaves
   * for the backward pass in half precision.
   */
  readonly baseBits?: 4 | 8;
  readonly loss?: LossOptions;
  /** The batches bring noise for the embedded tokens: see `embeddingNoise`. */
  readonly embeddingNoise?: boolean;
  /** Learn which of two answers is better; the divisor counts pairs. */
  readonly preferences?: PreferenceLoss & { readonly scores?: boolean };
  readonly device?: string;
}

/** A weight that is fed and not trained. */
export interface FrozenSpec extends WeightSpec {
  /** Default float32. */
  readonly dtype?: DType;
}

export interface TrainingGraph {
  /**
   * Inputs (for `unpadded` graphs those of `makeUnpaddedBatch`): input_ids, position_ids, segment_ids int64
   * [batch, length]; rows int64 [rows] (the tokens whose logits are needed, counted through the batch), targets int64 [rows] (see `taskLosses`), divisor float32 [] (supervised tokens of the whole step);
   * every weight by name. Outputs: loss float32 [] (sum over rows / divisor), gradient.<weight> and the sparse terms.
   */
  readonly graph: Graph;
  /** What is still to be added to the gradients of tables (the token embedding, the head) after a run. */
  readonly sparse: readonly SparseTerm[];
  readonly trained: readonly WeightSpec[];
  readonly frozen: readonly FrozenSpec[];
  /** Further outputs, float32 []: what is measured of each batch besides the loss. */
  readonly measured?: readonly string[];
}

/** The loss alone, for validation: the same inputs without gradients. */
export function buildLossGraph(
  described: Described,
  options: TrainingGraphOptions,
): { graph: Graph; kit: SequenceKit } {
  const g = new GraphBuilder();
  const trunk = buildTrunk(g, described, { ...options, held: heldBy(described, options) });
  const { kit } = trunk;
  const divisor = g.input('divisor', 'float32', []);
  const rows = askedRows(g, described, trunk);
  const losses =
    described.task.kind === 'next-token'
      ? kit.losses(
          rows,
          g.input('targets', 'int64', ['rows']),
          described.architecture.head(described.config),
          options.loss,
        )
      : taskLosses(g, described.task, logitsOf(described, trunk, rows), options.loss);
  if (options.preferences) emitPreferences(g, losses, divisor, options.preferences, options.preferences.scores);
  else g.output(g.div(g.reduceSum(losses, [0], false), divisor), 'loss');
  return { graph: g.build('training'), kit };
}

/** Which weights are held in few bits: those that are not trained and are no classifier's own layers, which begin random. */
export function heldBy(
  { task }: Described,
  { baseBits, trains = () => false }: Partial<Pick<TrainingGraphOptions, 'baseBits' | 'trains'>>,
): SequenceKitOptions['held'] {
  if (baseBits === undefined) return undefined;
  const own = /^(score|classifier|pre_classifier|head)\./;
  return (path, kind, inputs) => {
    if (trains(path) || (task.kind === 'classification' && own.test(path))) return undefined;
    return heldFormat(kind === 'table' ? 8 : baseBits, inputs);
  };
}

/** Cross-entropies [rows] of logits [rows, labels] against class ids int64 [rows]. */
export const labelLosses = (g: GraphBuilder, logits: Value, targets: Value, loss?: LossOptions): Value =>
  g.scoped('loss', () => emitLosses(g, logits, targets, loss));

/**
 * Losses [rows] of logits [rows, labels] against the input `targets`: class ids int64 [rows]; or float32 [rows, labels],
 * 0 or 1 for each of several labels, or the numbers wanted. As transformers: cross-entropy; the mean of the labels' binary
 * cross-entropies; the mean squared error.
 */
export function taskLosses(g: GraphBuilder, task: Task, logits: Value, loss?: LossOptions): Value {
  const problem = task.kind === 'classification' ? task.problem : 'single';
  if (problem === 'single') return labelLosses(g, logits, g.input('targets', 'int64', ['rows']), loss);
  const targets = g.input('targets', 'float32', ['rows', logits.shape.at(-1)!]);
  return g.scoped('loss', () => {
    if (problem === 'multi') {
      // -y log s(x) - (1 - y) log(1 - s(x)), with s the sigmoid
      return g.reduceMean(g.sub(g.op('Softplus', [logits]), g.mul(logits, targets)), [1], false);
    }
    const gap = g.sub(logits, targets);
    return g.reduceMean(g.mul(gap, gap), [1], false);
  });
}

/** Weights that only few rows of are touched in a step: the token embedding, and the head that predicts tokens. */
function tablesOf({ architecture, config, task }: Described, kit: SequenceKit): string[] {
  const embedding = `${kit.tokenEmbedding}.weight`;
  return task.kind === 'next-token' ? [`${architecture.head(config).name}.weight`, embedding] : [embedding];
}

export function buildTrainingGraph(described: Described, options: TrainingGraphOptions): TrainingGraph {
  const graph = differentiated(described, buildLossGraph(described, options), options);
  return options.preferences ? { ...graph, measured: PREFERENCE_MEASURES } : graph;
}

/** A graph whose output `loss` is differentiated by the trained weights; its other outputs are kept. */
export function differentiated(
  described: Described,
  { graph, kit }: { readonly graph: Graph; readonly kit: SequenceKit },
  options: TrainingGraphOptions,
): TrainingGraph {
  const weights = [...kit.weights.values()].map((w) => ({
    name: w.name,
    shape: w.shape as readonly number[],
    dtype: w.dtype,
  }));
  const { task, architecture, config } = described;
  const fixed = task.kind === 'next-token' ? architecture.head(config).addedRow : undefined;
  const trains = (name: string) => isAdapterWeight(name) || (name !== fixed && options.trains(name));
  const trained = weights.filter((w) => trains(w.name));
  const frozen = weights.filter((w) => !trains(w.name));
  const checkpoints = options.checkpointing ? kit.layerInputs.map((x) => x.name) : [];
  const names = trained.map((w) => w.name);
  const tables = tablesOf(described, kit);
  // Of the last layer only the supervised rows are needed, but for its keys and values.
  const { graph: whole, sparse } = gradient(narrow(graph, 'rows'), 'loss', names, { checkpoints, tables });
  const lowered = lower(whole, options.device ?? 'cpu');
  const lean = options.baseBits === undefined ? lowered : keepHalf(lowered, ({ name }) => name.startsWith('grad.'));
  return { graph: nameOutputs(lean), sparse, trained, frozen };
}
