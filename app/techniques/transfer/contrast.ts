/** Moves the vectors of texts together or apart, by pairs of them: the step that similarity and few-shot learning share. */
import { buildContrastGraph, type Contrast } from '../../models/graphs/contrast-graph.ts';
import type { Model } from '../../models/model.ts';
import { int64, tensor } from '../../tensor/tensor.ts';
import type { Batch } from '../finetune/batch.ts';
import { makeLabelBatch } from '../finetune/label-batch.ts';
import { poolingOf } from './classifier.ts';
import type { EpochOptions, TrainContext } from './epochs.ts';
import { type Checkpointing, type GraphTrained, trainGraph } from './train-graph.ts';

export interface TextPair {
  /** Indices of the texts. */
  readonly first: number;
  readonly second: number;
  /** How alike they are; not needed for `ranking`. */
  readonly score?: number;
  /** For `ranking`: a text that is not alike. */
  readonly negative?: number;
}

export interface ContrastData {
  readonly texts: readonly Int32Array[];
  readonly pairs: readonly TextPair[];
}

/** Far below any logit, so that its exponential is nothing. */
const BARRED = -1e9;

/**
 * @param model read by whatever its task pools
 * @param trains which weights are trained
 */
export function trainContrast(
  model: Model,
  values: (name: string) => Promise<Float32Array<ArrayBuffer>>,
  { texts, pairs }: ContrastData,
  contrast: Contrast,
  trains: (weight: string) => boolean,
  options: EpochOptions,
  context: TrainContext,
  checkpoints?: Checkpointing,
): Promise<GraphTrained> {
  const maxLength = texts.reduce((most, { length }) => Math.max(most, length), 1);
  const graph = buildContrastGraph(model, contrast, { maxLength, trains, recomputeAttention: true });
  const batchOf = (rows: ArrayLike<number>) =>
    contrastBatch(
      model,
      texts,
      Array.from(rows, (row) => pairs[row]),
      contrast,
    );
  return trainGraph({ graph, values, rows: pairs.length, batchOf }, options, context, checkpoints);
}

function contrastBatch(
  model: Model,
  texts: readonly Int32Array[],
  pairs: readonly TextPair[],
  contrast: Contrast,
): Batch {
  const count = pairs.length;
  const negatives =
    contrast === 'ranking' ? pairs.flatMap(({ negative }) => (negative === undefined ? [] : [negative])) : [];
  const answers = [...pairs.map(({ second }) => second), ...negatives];
  const rows = [...pairs.map(({ first }) => first), ...answers];
  const { positionsSkip } = model.config;
  const { inputs, tokens } = makeLabelBatch(
    rows.map((row) => ({ ids: texts[row], label: 0 })),
    { pooling: poolingOf(model), positionsSkip },
  );
  const places = Array.from({ length: count }, (_, i) => i);
  const table = (width: number, cell: (i: number, j: number) => number) => {
    const all = new Float32Array(count * width);
    for (let i = 0; i < count; i++) for (let j = 0; j < width; j++) all[i * width + j] = cell(i, j);
    return tensor('float32', [count, width], all);
  };
  const ofContrast = {
    ranking: () => ({
      targets: int64([count], places),
      // The same text again is no wrong answer, nor is another answer to the same text.
      barred: table(answers.length, (i, j) =>
        i !== j && (pairs[i].second === answers[j] || pairs[i].first === pairs[j]?.first) ? BARRED : 0,
      ),
    }),
    order: () => ({ apart: table(count, (i, j) => (pairs[i].score! < pairs[j].score! ? 1 : 0)) }),
    cosine: () => ({
      scores: tensor(
        'float32',
        [count],
        Float32Array.from(pairs, ({ score }) => score!),
      ),
    }),
  };
  const chosen = {
    first: int64([count], places),
    second: int64(
      [answers.length],
      answers.map((_, i) => count + i),
    ),
  };
  const supervised = contrast === 'order' ? 1 : count;
  return { inputs: { ...inputs, ...chosen, ...ofContrast[contrast]() }, supervised, tokens };
}
