/**
 * Recovery after rounding: what a quantized model is made of is trained until it predicts what its source predicts, by
 * the divergence of its predictions over the whole vocabulary (knowledge distillation, Hinton et al. 2015).
 */
import type { WalkOptions } from '../../models/layer-walk.ts';
import type { Model } from '../../models/model.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { openSession } from '../../runtime/open.ts';
import type { Binding, Session } from '../../runtime/session.ts';
import { type Tensor, zeros } from '../../tensor/tensor.ts';
import { bindBatch, bindWeights, type Weights } from './bind-model.ts';
import { logitsGraph, studentGraph } from './distil-graphs.ts';
import { compareHeldOut, type HeldOut } from './held-out.ts';
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

export interface Distilled {
  /** Divergence KL(source || quantized) of each step, in nats a token. */
  readonly losses: readonly number[];
  /** On windows that nothing was learnt from, before the first step and after the last. */
  readonly heldOut?: { readonly before: HeldOut; readonly after: HeldOut };
}

/**
 * Trains `weights` in place.
 * @param source weights of the source by name
 * @param rest every other weight
 * @param windows token ids, all of one length; they come in turn, the same in every run
 * @param held windows that are only looked at, before and after; none: nothing is
 */
export async function distil(
  model: Model,
  source: Weights,
  rest: Weights,
  weights: ReadonlyMap<string, TrainedWeight>,
  windows: readonly Int32Array[],
  held: readonly Int32Array[],
  { steps, learningRate, threads, signal, onStep }: DistilOptions,
): Promise<Distilled> {
  const maxLength = windows[0].length;
  const open = (graph: Parameters<typeof encodeModel>[0]) =>
    openSession(encodeModel(graph), { threads, prepack: false });
  const teacher = await open(logitsGraph(model, maxLength));
  const student = await open(studentGraph(model, maxLength, [...weights.keys()]));
  const bindings: Binding[] = [];
  try {
    const now: Weights = new Map([...rest, ...[...weights].map(([name, { current }]) => [name, current] as const)]);
    const compare = () => compareHeldOut(model, teacher, [source, now], held, { threads, signal });
    const before = held.length > 0 ? await compare() : undefined;
    const bind = (session: Session, values: Weights) => {
      const binding = bindWeights(session, model, values);
      bindings.push(binding);
      return binding;
    };
    const count = Math.max(1, Math.min(Math.floor(STEP_TOKENS / maxLength), windows.length));
    const expected = zeros('float32', [count * maxLength, model.config.vocabulary]);
    const teaching = bind(teacher, source).output('logits', expected);
    const loss = zeros('float32', []);
    const learning = bind(student, now).input('source', expected).output('loss', loss);
    const slopes = new Map<string, Tensor>();
    for (const name of weights.keys()) {
      slopes.set(name, zeros('float32', model.weights.get(name)!.shape));
      learning.output(`gradient.${name}`, slopes.get(name)!);
    }
    const batchOf = (step: number) =>
      Array.from({ length: count }, (_, i) => windows[(step * count + i) % windows.length]);
    const teach = (batch: readonly Int32Array[]) => bindBatch(teacher, teaching, batch).run({ signal });

    const losses: number[] = [];
    if (steps > 0) await teach(batchOf(0));
    for (let step = 0; step < steps; step++) {
      signal?.throwIfAborted();
      await bindBatch(student, learning, batchOf(step)).run({ signal });
      losses.push((loss.data as Float32Array)[0]);
      // The source reads the next windows while weights change.
      const next = step + 1 < steps ? teach(batchOf(step + 1)) : undefined;
      // Falls to nothing, after a few steps of warming up.
      const rate = learningRate * Math.min(1, (step + 1) / 5) * (1 - step / steps);
      for (const [name, weight] of weights) weight.step(slopes.get(name)!.data as Float32Array, rate, step + 1);
      await next;
      onStep?.(step + 1, losses[step]);
    }
    return { losses, ...(before ? { heldOut: { before, after: await compare() } } : {}) };
  } finally {
    for (const binding of bindings) binding.dispose();
    teacher.dispose();
    student.dispose();
  }
}
