/**
 * Recovery after rounding: what a quantized model is made of is trained until it predicts what its source predicts, by
 * the divergence of its predictions over the whole vocabulary (knowledge distillation, Hinton et al. 2015).
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
import { STEP_TOKENS } from './schema.ts';

/** A weight whose values follow from something that is trained by their gradient. */
export interface TrainedWeight {
  /** As it is now, in the order of the file; changed in place. */
  readonly current: Float32Array;
  /** @param slope gradient by `current`. @param rate from the asked one down to nothing. @param count steps so far, from 1 */
  step(slope: Float32Array, rate: number, count: number): void;
}

export interface DistilOptions extends WalkOptions {
  readonly steps: number;
  /** What a step changes at most, of a scale or in steps of a grid. */
  readonly learningRate: number;
  readonly onStep?: (done: number, loss: number) => void;
}

/**
 * Trains `weights` in place.
 * @param source weights of the source by name
 * @param rest every other weight
 * @param windows token ids, all of one length; they come in turn, the same in every run
 * @returns divergence KL(source || quantized) of each step, in nats a token
 */
export async function distil(
  model: Model,
  source: ReadonlyMap<string, Float32Array>,
  rest: ReadonlyMap<string, Float32Array>,
  weights: ReadonlyMap<string, TrainedWeight>,
  windows: readonly Int32Array[],
  { steps, learningRate, threads, signal, onStep }: DistilOptions,
): Promise<number[]> {
  const maxLength = windows[0].length;
  const teacher = await open(teacherGraph(model, maxLength), threads);
  const student = await open(studentGraph(model, maxLength, [...weights.keys()]), threads);
  try {
    const now = [...weights].map(([name, { current }]) => [name, current] as const);
    const given = feedsOf(model, teacher, source);
    const current = feedsOf(model, student, new Map([...rest, ...now]));
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
        weight.step(made[`gradient.${name}`].data as Float32Array, rate, step + 1);
      }
      onStep?.(step + 1, losses[step]);
    }
    return losses;
  } finally {
    teacher.dispose();
    student.dispose();
  }
}

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
  const count = Math.max(1, Math.min(Math.floor(STEP_TOKENS / length), windows.length));
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
