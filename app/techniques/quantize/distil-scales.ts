/**
 * Recovery after rounding: codes stay, scales and norms are trained until the quantized model predicts what its source
 * predicts (knowledge distillation into the scales alone, as the end-to-end phase of EfficientQAT, Chen et al. 2024).
 */
import { askedRows, buildTrunk, logitsOf } from '../../models/graphs/predictions.ts';
import type { WalkOptions } from '../../models/layer-walk.ts';
import type { Model } from '../../models/model.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { openSession } from '../../runtime/open.ts';
import type { Session } from '../../runtime/session.ts';
import { GraphBuilder } from '../../tensor/builder.ts';
import { gradient } from '../../tensor/gradient.ts';
import { lower } from '../../tensor/lower.ts';
import { nameOutputs } from '../../tensor/name-outputs.ts';
import { narrow } from '../../tensor/narrow.ts';
import { int64, type Tensor, tensor } from '../../tensor/tensor.ts';

/** A weight in groups that are stretched or shrunk together. */
export interface ScaledWeight {
  /** As rounded, in the order of the file. */
  readonly values: Float32Array;
  readonly groups: number;
  groupOf(index: number): number;
}

export interface DistilOptions extends WalkOptions {
  readonly steps: number;
  /** Largest relative change of a scale in a step. */
  readonly learningRate: number;
  readonly onStep?: (done: number, loss: number) => void;
}

export interface DistilResult {
  /** By weight: what each group is multiplied with. */
  readonly factors: ReadonlyMap<string, Float32Array>;
  /** Divergence KL(source || quantized) of each step, in nats a token. */
  readonly losses: readonly number[];
}

/** Windows of a step. */
const BATCH = 2;
const BETAS = [0.9, 0.99] as const;

/**
 * @param source weights of the source by name
 * @param weights what is trained; every other weight is taken from `rest`
 * @param windows token ids, all of one length; they come in turn, the same in every run
 */
export async function distilScales(
  model: Model,
  source: ReadonlyMap<string, Float32Array>,
  rest: ReadonlyMap<string, Float32Array>,
  weights: ReadonlyMap<string, ScaledWeight>,
  windows: readonly Int32Array[],
  { steps, learningRate, threads, signal, onStep }: DistilOptions,
): Promise<DistilResult> {
  const maxLength = windows[0].length;
  const teacher = await open(teacherGraph(model, maxLength), threads);
  const student = await open(studentGraph(model, maxLength, [...weights.keys()]), threads);
  try {
    const given = feedsOf(model, teacher, source);
    const current = feedsOf(model, student, new Map([...rest, ...copies(weights)]));
    const states = new Map([...weights].map(([name, { groups }]) => [name, new GroupState(groups)]));
    const losses: number[] = [];
    for (let step = 0; step < steps; step++) {
      signal?.throwIfAborted();
      const batch = batchOf(windows, step);
      const feeds = (session: Session, all: Record<string, Tensor>) => ({ ...all, ...used(session, batch) });
      const { predictions } = await teacher.run(feeds(teacher, given), ['predictions'], { signal });
      const inputs = { ...feeds(student, current), source: predictions };
      const made = await student.run(inputs, [...student.outputs], { signal });
      losses.push((made.loss.data as Float32Array)[0]);
      // Falls to nothing, after a few steps of warming up.
      const rate = learningRate * Math.min(1, (step + 1) / 5) * (1 - step / steps);
      for (const [name, weight] of weights) {
        const target = current[name].data as Float32Array;
        states.get(name)!.step(weight, made[`gradient.${name}`].data as Float32Array, target, rate, step + 1);
      }
      onStep?.(step + 1, losses[step]);
    }
    return { factors: new Map([...states].map(([name, { factors }]) => [name, factors])), losses };
  } finally {
    teacher.dispose();
    student.dispose();
  }
}

const copies = (weights: ReadonlyMap<string, ScaledWeight>) =>
  [...weights].map(([name, { values }]) => [name, values.slice()] as const);

const open = (graph: Parameters<typeof encodeModel>[0], threads: number | undefined) =>
  openSession(encodeModel(graph), { threads, prepack: false });

/** Log-probabilities [rows, vocabulary] of the source. */
function teacherGraph(model: Model, maxLength: number) {
  const g = new GraphBuilder();
  const trunk = buildTrunk(g, model, { maxLength });
  g.output(g.op('LogSoftmax', [logitsOf(model, trunk, askedRows(g, model, trunk))], { axis: -1 }), 'predictions');
  return lower(g.build('teacher'));
}

/** The loss and its gradient by every trained weight, `gradient.<name>`. */
function studentGraph(model: Model, maxLength: number, names: readonly string[]) {
  const g = new GraphBuilder();
  const trunk = buildTrunk(g, model, { maxLength });
  const logits = logitsOf(model, trunk, askedRows(g, model, trunk));
  const expected = g.input('source', 'float32', logits.shape);
  const predicted = g.op('LogSoftmax', [logits], { axis: -1 });
  const divergence = g.reduceSum(g.mul(g.exp(expected), g.sub(expected, predicted)), [1], false);
  g.output(g.reduceMean(divergence, [0], false), 'loss');
  return nameOutputs(lower(gradient(narrow(g.build('student'), 'rows'), 'loss', names).graph));
}

function feedsOf(model: Model, session: Session, values: ReadonlyMap<string, Float32Array>): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {};
  for (const name of session.inputs) {
    const found = values.get(name);
    if (found) feeds[name] = tensor('float32', model.weights.get(name)!.shape, found);
  }
  return feeds;
}

const used = (session: Session, feeds: Record<string, Tensor>) =>
  Object.fromEntries(Object.entries(feeds).filter(([name]) => session.inputs.includes(name)));

function batchOf(windows: readonly Int32Array[], step: number): Record<string, Tensor> {
  const length = windows[0].length;
  const count = Math.min(BATCH, windows.length);
  const ids = Array.from({ length: count }, (_, i) => [...windows[(step * count + i) % windows.length]]).flat();
  const shape = [count, length];
  return {
    input_ids: int64(shape, ids),
    position_ids: int64(
      shape,
      ids.map((_, i) => i % length),
    ),
    segment_ids: int64(shape, new Array<number>(ids.length).fill(1)),
    rows: int64([ids.length], [...ids.keys()]),
  };
}

/** Adam (Kingma and Ba 2015) over the logarithm of each group's factor. */
class GroupState {
  readonly factors: Float32Array;
  readonly #gradients: Float64Array;
  readonly #means: Float32Array;
  readonly #squares: Float32Array;

  constructor(groups: number) {
    this.factors = new Float32Array(groups).fill(1);
    this.#gradients = new Float64Array(groups);
    this.#means = new Float32Array(groups);
    this.#squares = new Float32Array(groups);
  }

  /** @param target the weight as it is now; written anew */
  step(weight: ScaledWeight, slope: Float32Array, target: Float32Array, rate: number, count: number): void {
    const { values } = weight;
    this.#gradients.fill(0);
    for (let i = 0; i < values.length; i++) this.#gradients[weight.groupOf(i)] += slope[i] * target[i];
    const [first, second] = BETAS;
    for (let g = 0; g < this.factors.length; g++) {
      const by = this.#gradients[g];
      this.#means[g] += (1 - first) * (by - this.#means[g]);
      this.#squares[g] += (1 - second) * (by * by - this.#squares[g]);
      const mean = this.#means[g] / (1 - first ** count);
      const size = Math.sqrt(this.#squares[g] / (1 - second ** count)) + 1e-12;
      this.factors[g] *= Math.exp((-rate * mean) / size);
    }
    for (let i = 0; i < values.length; i++) target[i] = values[i] * this.factors[weight.groupOf(i)];
  }
}
