/** Trains all weights of a graph over epochs, with checkpoints that a stopped run goes on from. */
import type { TrainingGraph } from '../../models/graphs/training-graph.ts';
import { adamw } from '../../tensor/optimisers/adamw.ts';
import type { Batch } from '../finetune/batch.ts';
import { loadCheckpoint, saveCheckpoint } from '../finetune/checkpoint.ts';
import { Trainer } from '../finetune/trainer.ts';
import { type Epoch, type EpochOptions, type TrainContext, trainEpochs } from './epochs.ts';

export interface Checkpointing {
  readonly folder: string;
  /** What a checkpoint must agree with. */
  readonly run: Readonly<Record<string, unknown>>;
  readonly resume: boolean;
  /** Between two checkpoints. */
  readonly seconds: number;
}

export interface GraphTraining {
  readonly graph: TrainingGraph;
  /** First values of the weights. */
  readonly values: (name: string) => Promise<Float32Array<ArrayBuffer>>;
  /** Learning rate of a weight as a share of the whole. */
  readonly factorOf?: (name: string) => number;
  /** Of the data. */
  readonly rows: number;
  readonly batchOf: (rows: ArrayLike<number>) => Batch;
  /** Of the steps that another graph did before. */
  readonly losses?: readonly number[];
}

export interface GraphTrained {
  /** Of the trained weights. */
  readonly values: Map<string, Float32Array<ArrayBuffer>>;
  readonly epochs: readonly Epoch[];
  /** Of every step so far. */
  readonly losses: readonly number[];
}

/** @throws UserError training/diverged, checkpoint/other-run, disk/full */
export async function trainGraph(
  { graph, values, factorOf, rows, batchOf, losses: before = [] }: GraphTraining,
  options: EpochOptions,
  context: TrainContext,
  checkpoints?: Checkpointing,
): Promise<GraphTrained> {
  const optimiser = adamw({ weightDecay: options.weightDecay, factorOf });
  const trainer = await Trainer.open(graph, values, {
    threads: context.threads,
    accumulate: 1,
    maxGradientNorm: options.maxGradNorm,
    optimiser,
  });
  try {
    const { folder, run, resume, seconds } = checkpoints ?? { folder: '', run: {}, resume: false, seconds: 0 };
    const saved = resume ? await loadCheckpoint(folder, run, trainer, optimiser) : undefined;
    let lastSaved = performance.now();
    let losses: readonly number[] = saved?.losses ?? before;
    const epochs = await trainEpochs(trainer, rows, batchOf, options, context, {
      losses,
      async keep(all, cancelled) {
        losses = all;
        if (!checkpoints || (!cancelled && performance.now() - lastSaved < 1000 * seconds)) return;
        const rest = { learningRates: [], gradientNorms: [], tokens: 0, supervised: 0, seconds: 0, evaluations: [] };
        await saveCheckpoint(folder, run, trainer, optimiser, { losses: [...all], ...rest });
        lastSaved = performance.now();
      },
    });
    const trained = graph.trained.map(({ name }) => [name, trainer.arena.values(name).slice()] as const);
    return { values: new Map(trained), epochs, losses };
  } finally {
    trainer.dispose();
  }
}
