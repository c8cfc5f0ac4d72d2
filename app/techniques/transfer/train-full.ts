/**
 * Trains encoder and head together, from a head that was trained on the frozen encoder first: a random head would spoil
 * the encoder in the first steps (Kumar et al. 2022). Lower layers may learn later and more slowly than upper ones.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildTrainingGraph } from '../../models/graphs/training-graph.ts';
import { int64 } from '../../tensor/tensor.ts';
import type { Batch } from '../finetune/batch.ts';
import { makeLabelBatch, targetsOf } from '../finetune/label-batch.ts';
import { type Classifier, poolingOf } from './classifier.ts';
import { depthsOf, unfreezing } from './depth.ts';
import type { EpochOptions, TrainContext } from './epochs.ts';
import type { Target } from './objective.ts';
import { type Checkpointing, type GraphTrained, trainGraph } from './train-graph.ts';
import { isPerToken } from './trunk.ts';
import { headValues, type Values } from './weight-values.ts';

/** A text with what is to be learnt from it: one target, or one at each of some of its tokens. */
export interface TrainingText {
  readonly ids: Int32Array;
  readonly targets: readonly Target[];
  /** Places of the tokens that the targets belong to; absent: the text as a whole. */
  readonly places?: readonly number[];
}

export interface FullOptions extends EpochOptions {
  /** Unfreeze layers from the top, some more in each epoch. */
  readonly gradual: boolean;
  /** Learning rate of a layer as a share of that of the layer above it. */
  readonly layerDecay: number;
}

/**
 * @param head values that the head begins with
 * @returns the trained values of all weights
 * @throws UserError training/diverged, checkpoint/other-run, disk/full
 */
export async function trainFull(
  classifier: Classifier,
  texts: readonly TrainingText[],
  head: Values,
  options: FullOptions,
  context: TrainContext,
  checkpoints: Checkpointing,
): Promise<GraphTrained> {
  const { layers } = classifier.model.config;
  // A stage is an epoch with some layers more, or all epochs with everything.
  const stages = options.gradual ? unfreezing(layers, options.epochs) : [layers + 1];
  let trained: GraphTrained = { values: new Map(head), epochs: [], losses: [] };
  const first = checkpoints.resume ? await savedStage(checkpoints.folder) : 0;
  for (let stage = first; stage < stages.length; stage++) {
    const schedule = options.gradual ? { ...options, firstEpoch: stage, stopAfter: stage + 1 } : options;
    trained = await trainStage(classifier, texts, trained, stages[stage], schedule, context, {
      ...checkpoints,
      run: { ...checkpoints.run, stage },
      resume: checkpoints.resume && stage === first,
    });
  }
  return trained;
}

async function trainStage(
  classifier: Classifier,
  texts: readonly TrainingText[],
  before: GraphTrained,
  deepest: number,
  options: FullOptions,
  context: TrainContext,
  checkpoints: Checkpointing,
): Promise<GraphTrained> {
  const { model } = classifier;
  const depths = depthsOf(model);
  const depthOf = (name: string) => depths.get(name) ?? 0;
  const maxLength = texts.reduce((most, { ids }) => Math.max(most, ids.length), 1);
  const trains = (name: string) => depthOf(name) <= deepest;
  const graph = buildTrainingGraph(model, { maxLength, trains, recomputeAttention: true });
  const { layerDecay } = options;
  const trained = await trainGraph(
    {
      graph,
      values: headValues(classifier, before.values),
      factorOf: layerDecay === 1 ? undefined : (name) => layerDecay ** depthOf(name),
      rows: texts.length,
      batchOf: (rows) => batchOf(classifier, texts, rows),
      losses: before.losses,
    },
    options,
    context,
    checkpoints,
  );
  return { ...trained, values: new Map([...before.values, ...trained.values]) };
}

/** The stage that a checkpoint belongs to; 0 where there is none. */
async function savedStage(folder: string): Promise<number> {
  const text = await readFile(join(folder, 'state.json'), 'utf8').catch(() => undefined);
  const stage = text === undefined ? 0 : (JSON.parse(text) as { run?: { stage?: unknown } }).run?.stage;
  return typeof stage === 'number' ? stage : 0;
}

function batchOf({ model }: Classifier, texts: readonly TrainingText[], rows: ArrayLike<number>): Batch {
  const chosen = Array.from(rows, (row) => texts[row]);
  const whole = chosen.map(({ ids, targets }) => ({ ids, label: targets[0] }));
  const batch = makeLabelBatch(whole, { pooling: poolingOf(model), positionsSkip: model.config.positionsSkip });
  if (!isPerToken(model)) return batch;
  const length = batch.inputs.input_ids.shape[1];
  const places = chosen.flatMap((text, row) => text.places!.map((place) => row * length + place));
  const targets = targetsOf(chosen.flatMap((text) => text.targets));
  return {
    ...batch,
    inputs: { ...batch.inputs, rows: int64([places.length], places), targets },
    supervised: places.length,
  };
}
