/** Before a device trains: its gradients of the first batch beside the processor's, weight by weight. */
import { UserError } from '../../contract/errors.ts';
import type { TrainingGraph } from '../../models/graphs/training-graph.ts';
import { normal } from '../../models/initialise.ts';
import type { Device } from '../../runtime/session.ts';
import { Random } from '../../tensor/random.ts';
import type { Batch } from './batch.ts';
import { Trainer, type TrainerOptions } from './trainer.ts';

/** Largest distance of a weight's gradient from the processor's, as a share of its length (Euclidean). */
export const TOLERANCE = 1e-3;
/** Gradients shorter than this share of all together are rounding errors of the others. */
const NEGLIGIBLE = 1e-6;

export interface GradientCheck {
  /** The largest distance, as a share of the gradient's length, and the weight it is of. */
  readonly difference: number;
  readonly weight: string;
  /** |loss on the device - loss| / |loss| */
  readonly lossDifference: number;
}

const length = (values: Float32Array): number => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0));

/**
 * Weights that begin at zero, as half of every adapter does, hide what is wrong with the others' gradients: for the check they
 * are random, then what they were.
 * @param trainer on the device
 * @param graph the same step for the processor
 * @throws UserError device/differs naming the weight
 */
export async function checkGradients(
  trainer: Trainer,
  graph: TrainingGraph,
  batch: Batch,
  options: Omit<TrainerOptions, 'device' | 'accumulate' | 'maxGradientNorm'> & { readonly device: Device },
  signal?: AbortSignal,
): Promise<GradientCheck> {
  const { device, ...rest } = options;
  const silent = graph.trained.filter(({ name }) => trainer.arena.values(name).every((v) => v === 0));
  const random = new Random([options.seed ?? 0, 0x636865]);
  for (const { name } of silent) {
    const values = trainer.arena.values(name);
    for (let i = 0; i < values.length; i++) values[i] = 0.02 * normal(random);
  }
  const reference = await Trainer.open(graph, async (name) => trainer.valuesOf(name), {
    ...rest,
    accumulate: 1,
    maxGradientNorm: 0,
  });
  try {
    const [actual, expected] = [
      await trainer.differentiate(batch, signal),
      await reference.differentiate(batch, signal),
    ];
    const found = compare(trainer, reference, graph, Math.abs(actual - expected) / Math.abs(expected));
    const { difference, weight, lossDifference } = found;
    if (!(lossDifference <= TOLERANCE)) {
      const text = `the loss of the first batch is ${actual} on ${device} and ${expected} on the processor`;
      throw new UserError('device/differs', text);
    }
    if (!(difference <= TOLERANCE)) {
      const share = `${(100 * difference).toPrecision(2)}%`;
      throw new UserError('device/differs', `on ${device} the gradient of ${weight} is ${share} from the processor's`);
    }
    return found;
  } finally {
    reference.dispose();
    for (const { name } of silent) trainer.arena.values(name).fill(0);
  }
}

function compare(trainer: Trainer, reference: Trainer, graph: TrainingGraph, lossDifference: number): GradientCheck {
  const lengths = graph.trained.map(({ name }) => length(reference.arena.gradients(name)));
  const floor = NEGLIGIBLE * Math.hypot(...lengths);
  let worst: GradientCheck = { difference: 0, weight: graph.trained[0]?.name ?? '', lossDifference };
  for (const [i, { name }] of graph.trained.entries()) {
    const actual = trainer.arena.gradients(name);
    const apart = length(reference.arena.gradients(name).map((v, at) => v - actual[at]));
    const difference = apart / Math.max(lengths[i], floor, Number.MIN_VALUE);
    if (!(difference <= worst.difference)) worst = { difference, weight: name, lossDifference };
  }
  return worst;
}
