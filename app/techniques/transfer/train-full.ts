/**
 * Trains encoder and head together, from a head that was trained on the frozen encoder first: a random head would spoil
 * the encoder in the first steps (Kumar et al. 2022). Lower layers may learn later and more slowly than upper ones.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildTrainingGraph } from '../../models/graphs/training-graph.ts';
import { adamw } from '../../tensor/optimisers/adamw.ts';
import { int64 } from '../../tensor/tensor.ts';
import type { Batch } from '../finetune/batch.ts';
import { loadCheckpoint, saveCheckpoint } from '../finetune/checkpoint.ts';
import { makeLabelBatch, targetsOf } from '../finetune/label-batch.ts';
import { Trainer } from '../finetune/trainer.ts';
import { type Classifier, poolingOf } from './classifier.ts';
import { depthsOf, unfreezing } from './depth.ts';
import { type Epoch, type EpochOptions, type TrainContext, trainEpochs } from './epochs.ts';
import type { Target } from './objective.ts';
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

export interface Checkpointing {
  readonly folder: string;
  /** What a checkpoint must agree with. */
  readonly run: Readonly<Record<string, unknown>>;
  readonly resume: boolean;
  /** Between two checkpoints. */
  readonly seconds: number;
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
): Promise<Trained> {
  const { layers } = classifier.model.config;
  // A stage is an epoch with some layers more, or all epochs with everything.
  const stages = options.gradual ? unfreezing(layers, options.epochs) : [layers + 1];
  let trained: Trained = { values: new Map(head), epochs: [], losses: [] };
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

interface Trained {
  readonly values: Map<string, Float32Array<ArrayBuffer>>;
  readonly epochs: readonly Epoch[];
  /** Of every step so far. */
  readonly losses: readonly number[];
}

async function trainStage(
  classifier: Classifier,
  texts: readonly TrainingText[],
  before: Trained,
  deepest: number,
  options: FullOptions,
  context: TrainContext,
  { folder, run, resume, seconds }: Checkpointing,
): Promise<Trained> {
  const { model } = classifier;
  const depths = depthsOf(model);
  const depthOf = (name: string) => depths.get(name) ?? 0;
  const maxLength = texts.reduce((most, { ids }) => Math.max(most, ids.length), 1);
  const trains = (name: string) => depthOf(name) <= deepest;
  const graph = buildTrainingGraph(model, { maxLength, trains, recomputeAttention: true });
  const { layerDecay, weightDecay } = options;
  const factorOf = layerDecay === 1 ? undefined : (name: string) => layerDecay ** depthOf(name);
  const optimiser = adamw({ weightDecay, factorOf });
  const trainer = await Trainer.open(graph, headValues(classifier, before.values), {
    threads: context.threads,
    accumulate: 1,
    maxGradientNorm: options.maxGradNorm,
    optimiser,
  });
  try {
    const saved = resume ? await loadCheckpoint(folder, run, trainer, optimiser) : undefined;
    let lastSaved = performance.now();
    let losses: readonly number[] = saved?.losses ?? before.losses;
    const epochs = await trainEpochs(
      trainer,
      texts.length,
      (rows) => batchOf(classifier, texts, rows),
      options,
      context,
      {
        losses,
        async keep(all, cancelled) {
          losses = all;
          if (!cancelled && performance.now() - lastSaved < 1000 * seconds) return;
          const rest = { learningRates: [], gradientNorms: [], tokens: 0, supervised: 0, seconds: 0, evaluations: [] };
          await saveCheckpoint(folder, run, trainer, optimiser, { losses: [...all], ...rest });
          lastSaved = performance.now();
        },
      },
    );
    const own = graph.trained.map(({ name }) => [name, trainer.arena.values(name).slice()] as const);
    return { values: new Map([...before.values, ...own]), epochs, losses };
  } finally {
    trainer.dispose();
  }
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
