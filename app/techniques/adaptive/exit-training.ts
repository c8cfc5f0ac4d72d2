/** Trains the heads of exits: with all layers, which learn to be read early, or alone on hidden states computed once. */
import { UserError } from '../../contract/errors.ts';
import {
  buildExitHeadTrainingGraph,
  buildExitTrainingGraph,
  exitWeights,
  pooledName,
} from '../../models/graphs/exit-graph.ts';
import type { TrainingGraph } from '../../models/graphs/training-graph.ts';
import type { Model } from '../../models/model.ts';
import { readFloats } from '../../models/weights/constants.ts';
import { adamw } from '../../tensor/optimisers/adamw.ts';
import { scheduleFactor } from '../../tensor/optimisers/schedule.ts';
import { Random } from '../../tensor/random.ts';
import { int64, sizeOf, type Tensor, tensor } from '../../tensor/tensor.ts';
import type { Batch } from '../finetune/batch.ts';
import { makeLabelBatch } from '../finetune/label-batch.ts';
import { Trainer } from '../finetune/trainer.ts';
import type { Features } from './exit-runner.ts';

export type Values = ReadonlyMap<string, Float32Array<ArrayBuffer>>;

export interface TrainingRows {
  /** Token ids of each text. */
  readonly ids: readonly Int32Array[];
  readonly classes: readonly number[];
  readonly labels: number;
}

export interface ExitTrainingOptions {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly seed: number;
  /** With halting units: what a layer costs, in units of the loss. */
  readonly ponder?: number;
}

export interface ExitTrainingContext {
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onStep?: (step: { readonly step: number; readonly loss: number; readonly learningRate: number }) => void;
  readonly onProgress?: (what: 'training' | 'reading', done: number, total: number) => void;
}

export interface Epoch {
  readonly seconds: number;
  readonly loss: number;
}

/** New heads learn this many times as fast as the layers, which know much already. */
const HEAD_FACTOR = 40;
const WARM_UP = 0.1;
/** Batches whose texts are sorted by length together, so that little is padding. */
const WINDOW = 8;

/** Of a halting unit's bias: all layers run at first, each giving a sixth or so. */
const FIRST_HALT = -1.5;

/** First values of exit heads: norms that change nothing, and no opinion; halting units let a text go on. */
export function firstExitValues(model: Model, labels: number, halting = false): Map<string, Float32Array<ArrayBuffer>> {
  const first = (name: string): number =>
    name.endsWith('norm.weight') ? 1 : name.endsWith('.halt.bias') ? FIRST_HALT / HEAD_FACTOR : 0;
  return new Map(
    exitWeights(model, labels, halting).map(({ name, shape }) => [
      name,
      new Float32Array(sizeOf(shape)).fill(first(name)),
    ]),
  );
}

/**
 * All layers and heads together.
 * @returns the trained values of all weights, exit heads included
 * @throws UserError training/diverged
 */
export async function trainJointly(
  model: Model,
  rows: TrainingRows,
  options: ExitTrainingOptions,
  context: ExitTrainingContext,
): Promise<{ values: Values; epochs: Epoch[] }> {
  const maxLength = rows.ids.reduce((most, { length }) => Math.max(most, length), 1);
  const { ponder } = options;
  const graph = buildExitTrainingGraph(model, { maxLength, labels: rows.labels, headFactor: HEAD_FACTOR, ponder });
  const first = firstExitValues(model, rows.labels, ponder !== undefined);
  const values = async (name: string) =>
    first.get(name) ?? ((await readFloats(model.weights.get(name)!)) as Float32Array<ArrayBuffer>);
  const pooling =
    model.task.kind === 'classification'
      ? model.task.pooling
      : model.architecture.kind === 'encoder'
        ? 'first'
        : 'last';
  const batching = { pooling, positionsSkip: model.config.positionsSkip } as const;
  const batchOf = (chosen: ArrayLike<number>) =>
    makeLabelBatch(
      Array.from(chosen, (row) => ({ ids: rows.ids[row], label: rows.classes[row] })),
      batching,
    );
  const lengths = rows.ids.map(({ length }) => length);
  const trained = await trainGraph(graph, values, lengths, batchOf, options, context);
  for (const [name, data] of trained.values)
    if (first.has(name) && !name.includes('.norm.')) scaleBy(data, HEAD_FACTOR);
  return trained;
}

/**
 * Heads alone, the model staying as it is.
 * @param features what the model's layers make of the rows
 */
export async function trainHeads(
  model: Model,
  rows: TrainingRows,
  features: Features,
  options: ExitTrainingOptions,
  context: ExitTrainingContext,
): Promise<{ values: Values; epochs: Epoch[] }> {
  const { width } = model.config;
  const graph = buildExitHeadTrainingGraph(model, rows.labels);
  const first = firstExitValues(model, rows.labels);
  const batchOf = (chosen: ArrayLike<number>): Batch => {
    const pick = (all: Float32Array, size: number): Tensor => {
      const data = new Float32Array(chosen.length * size);
      for (let i = 0; i < chosen.length; i++)
        data.set(all.subarray(chosen[i] * size, (chosen[i] + 1) * size), i * size);
      return tensor('float32', [chosen.length, size], data);
    };
    const targets = Array.from(chosen, (row) => rows.classes[row]);
    const inputs: Record<string, Tensor> = { targets: int64([targets.length], targets) };
    for (const [i, pooled] of features.pooled.entries()) inputs[pooledName(i + 1)] = pick(pooled, width);
    inputs.teacher = pick(features.teacher, rows.labels);
    return { inputs, supervised: targets.length, tokens: targets.length };
  };
  return trainGraph(
    graph,
    async (name) => first.get(name)!,
    rows.classes.map(() => 1),
    batchOf,
    options,
    context,
  );
}

async function trainGraph(
  graph: TrainingGraph,
  values: (name: string) => Promise<Float32Array>,
  lengths: readonly number[],
  batchOf: (rows: ArrayLike<number>) => Batch,
  { epochs, batchSize, learningRate: peak, seed }: ExitTrainingOptions,
  { threads, signal, onStep, onProgress }: ExitTrainingContext,
): Promise<{ values: Map<string, Float32Array<ArrayBuffer>>; epochs: Epoch[] }> {
  const trainer = await Trainer.open(graph, values, {
    threads,
    accumulate: 1,
    maxGradientNorm: 1,
    optimiser: adamw({ weightDecay: 0.01 }),
  });
  const steps = epochs * Math.ceil(lengths.length / batchSize);
  const results: Epoch[] = [];
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const begin = performance.now();
      let total = 0;
      for (const rows of arrange(lengths, batchSize, new Random([seed, epoch]))) {
        signal?.throwIfAborted();
        // The schedule begins at zero, where nothing would be learnt.
        const rate = peak * scheduleFactor('linear', trainer.steps + 1, Math.ceil(WARM_UP * steps), steps + 1);
        const { loss } = await trainer.step([batchOf(rows)], rate, signal);
        if (!Number.isFinite(loss))
          throw new UserError('training/diverged', `the loss became ${loss} in step ${trainer.steps}`);
        total += loss * rows.length;
        onStep?.({ step: trainer.steps, loss, learningRate: rate });
        onProgress?.('training', trainer.steps, steps);
      }
      results.push({ seconds: (performance.now() - begin) / 1000, loss: total / lengths.length });
    }
    return {
      values: new Map(graph.trained.map(({ name }) => [name, trainer.arena.values(name).slice()])),
      epochs: results,
    };
  } finally {
    trainer.dispose();
  }
}

/** Batches in random order, of texts that are about as long as one another. */
function arrange(lengths: readonly number[], batchSize: number, random: Random): Uint32Array[] {
  const order = random.shuffle(Uint32Array.from(lengths, (_, i) => i));
  const batches: Uint32Array[] = [];
  for (let at = 0; at < order.length; at += WINDOW * batchSize) {
    const window = order.slice(at, at + WINDOW * batchSize).sort((a, b) => lengths[a] - lengths[b]);
    for (let i = 0; i < window.length; i += batchSize) batches.push(window.subarray(i, i + batchSize));
  }
  return [...random.shuffle(Uint32Array.from(batches, (_, i) => i))].map((i) => batches[i]);
}

function scaleBy(data: Float32Array, factor: number): void {
  for (let i = 0; i < data.length; i++) data[i] *= factor;
}
