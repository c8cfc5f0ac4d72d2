/** Exit heads of a decoder: from ridge regression on, trained to give the last layer's probabilities over the short list. */
import { UserError } from '../../contract/errors.ts';
import type { ExitMap } from '../../models/graphs/decoding-parts.ts';
import type { TrainingGraph } from '../../models/graphs/training-graph.ts';
import { GraphBuilder } from '../../tensor/builder.ts';
import { gradient } from '../../tensor/gradient.ts';
import { lower } from '../../tensor/lower.ts';
import { nameOutputs } from '../../tensor/name-outputs.ts';
import { adamw } from '../../tensor/optimisers/adamw.ts';
import { scheduleFactor } from '../../tensor/optimisers/schedule.ts';
import { Random } from '../../tensor/random.ts';
import { type Tensor, tensor } from '../../tensor/tensor.ts';
import { Trainer } from '../finetune/trainer.ts';
import type { States } from './decoder-states.ts';
import { fitRidge } from './ridge.ts';

export interface MapOptions {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly seed: number;
}

export interface MapContext {
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (what: 'training', done: number, total: number) => void;
  readonly onStep?: (step: { readonly step: number; readonly loss: number; readonly learningRate: number }) => void;
}

/** Keeps columns that are always the same from being divided by nothing. */
const LEAST_SPREAD = 1e-3;

/** Inputs: x.<layer> and final float32 [rows, width], shortlist [tokens, width], divisor; trained: map.<layer>.weight, bias. */
function buildMapGraph(layers: readonly number[], width: number, tokens: number): TrainingGraph {
  const g = new GraphBuilder();
  const list = g.input('shortlist', 'float32', [tokens, width]);
  const final = g.input('final', 'float32', ['rows', width]);
  const teacher = g.softmax(g.matmul(final, list, { transY: true }));
  const losses = layers.map((layer) => {
    const x = g.input(`x.${layer}`, 'float32', ['rows', width]);
    const weight = g.input(`map.${layer}.weight`, 'float32', [width, width]);
    const bias = g.input(`map.${layer}.bias`, 'float32', [width]);
    const state = g.add(g.matmul(x, weight, { transY: true }), bias);
    return g.reduceSum(g.op('KlDivergence', [g.matmul(state, list, { transY: true }), teacher]), [0], false);
  });
  const sum = losses.reduce((a, b) => g.add(a, b));
  g.output(g.div(g.scale(sum, 1 / layers.length), g.input('divisor', 'float32', [])), 'loss');
  const trained = layers.flatMap((layer) => [
    { name: `map.${layer}.weight`, shape: [width, width] },
    { name: `map.${layer}.bias`, shape: [width] },
  ]);
  const { graph, sparse } = gradient(
    g.build('exit-maps'),
    'loss',
    trained.map(({ name }) => name),
  );
  return { graph: nameOutputs(lower(graph)), sparse, trained, frozen: [{ name: 'shortlist', shape: [tokens, width] }] };
}

/**
 * @param list float32 [tokens, width]: the head's rows of the short list
 * @returns the map of each layer
 * @throws UserError training/diverged
 */
export async function trainMaps(
  states: States,
  list: Float32Array,
  width: number,
  options: MapOptions,
  { threads, signal, onProgress, onStep }: MapContext,
): Promise<ReadonlyMap<number, ExitMap>> {
  const layers = [...states.exits.keys()];
  const first = new Map<string, Float32Array>([['shortlist', list]]);
  const spreads = new Map(layers.map((layer) => [layer, spreadsOf(states.exits.get(layer)!, width)]));
  for (const layer of layers) {
    const { weight, bias } = await fitRidge(states.exits.get(layer)!, states.final, width, threads);
    const scaled = weight.map((w, i) => w * spreads.get(layer)![i % width]);
    first.set(`map.${layer}.weight`, scaled).set(`map.${layer}.bias`, bias);
  }
  const trainer = await Trainer.open(
    buildMapGraph(layers, width, list.length / width),
    async (name) => first.get(name)!,
    {
      threads,
      accumulate: 1,
      maxGradientNorm: 1,
      optimiser: adamw({ weightDecay: 0.01, beta2: 0.98 }),
    },
  );
  try {
    const count = states.final.length / width;
    const steps = options.epochs * Math.ceil(count / options.batchSize);
    for (let epoch = 0; epoch < options.epochs; epoch++) {
      const order = new Random([options.seed, epoch]).shuffle(Uint32Array.from({ length: count }, (_, i) => i));
      for (let at = 0; at < count; at += options.batchSize) {
        signal?.throwIfAborted();
        const rows = order.subarray(at, at + options.batchSize);
        const pick = (all: Float32Array, spread?: Float32Array): Tensor => {
          const data = new Float32Array(rows.length * width);
          rows.forEach((row, i) => {
            data.set(all.subarray(row * width, (row + 1) * width), i * width);
          });
          if (spread) for (let i = 0; i < data.length; i++) data[i] /= spread[i % width];
          return tensor('float32', [rows.length, width], data);
        };
        const inputs: Record<string, Tensor> = { final: pick(states.final) };
        for (const [layer, x] of states.exits) inputs[`x.${layer}`] = pick(x, spreads.get(layer));
        const warmUp = Math.min(20, Math.ceil(steps / 10));
        const learningRate = options.learningRate * scheduleFactor('linear', trainer.steps + 1, warmUp, steps + 1);
        const { loss } = await trainer.step(
          [{ inputs, supervised: rows.length, tokens: rows.length }],
          learningRate,
          signal,
        );
        if (!Number.isFinite(loss))
          throw new UserError('training/diverged', `the loss became ${loss} in step ${trainer.steps}`);
        onStep?.({ step: trainer.steps, loss, learningRate });
        onProgress?.('training', trainer.steps, steps);
      }
    }
    return new Map(
      layers.map((layer) => [
        layer,
        {
          weight: trainer.arena.values(`map.${layer}.weight`).map((w, i) => w / spreads.get(layer)![i % width]),
          bias: trainer.arena.values(`map.${layer}.bias`).slice(),
        },
      ]),
    );
  } finally {
    trainer.dispose();
  }
}

/**
 * Standard deviation of each column: columns that vary little would learn as little, were they not brought to one spread.
 * @param x float32 [rows, width]
 */
function spreadsOf(x: Float32Array, width: number): Float32Array {
  const rows = x.length / width;
  const sums = new Float64Array(width);
  const squares = new Float64Array(width);
  for (let i = 0; i < x.length; i++) {
    sums[i % width] += x[i];
    squares[i % width] += x[i] * x[i];
  }
  return Float32Array.from(
    sums,
    (sum, i) => LEAST_SPREAD + Math.sqrt(Math.max(0, squares[i] / rows - (sum / rows) ** 2)),
  );
}
