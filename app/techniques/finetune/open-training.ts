/** Everything that a run trains with, opened: its batches, what of the model is trained, and the trainer that does the steps. */
import { UserError } from '../../contract/errors.ts';
import type { PreferenceLoss } from '../../models/graphs/preferences.ts';
import { buildTrainingGraph, type TrainingGraph } from '../../models/graphs/training-graph.ts';
import type { Model } from '../../models/model.ts';
import { asDeviceError } from '../../runtime/device-reason.ts';
import { adamw } from '../../tensor/optimisers/adamw.ts';
import type { ParameterArena } from '../../tensor/optimisers/arena.ts';
import { namedOptimiser } from '../../tensor/optimisers/named.ts';
import type { Optimiser } from '../../tensor/optimisers/optimiser.ts';
import { checkGradients, type GradientCheck } from './check-gradients.ts';
import { isUnpadded, openPreferences, openSource, type TrainingData } from './open-source.ts';
import type { PreferenceSource } from './preference-source.ts';
import { baseBitsOf, type FinetuneOptions } from './schema.ts';
import { initialValues, type Selection, selectTrained } from './selection.ts';
import type { StepSource } from './source.ts';
import { Trainer } from './trainer.ts';

export interface Training {
  readonly source: StepSource;
  /** Where it learns from pairs of answers. */
  readonly preferences?: { readonly loss: PreferenceLoss; readonly source: PreferenceSource };
  readonly selection: Selection;
  /** Bits that the frozen weights are held in; undefined: as floats. */
  readonly baseBits: 4 | 8 | undefined;
  readonly graph: TrainingGraph;
  readonly optimiser: Optimiser;
  /** To be disposed of by whoever opened it. */
  readonly trainer: Trainer;
  /** How far a device's gradients are from the processor's. */
  readonly gradientCheck?: GradientCheck;
}

/** @throws UserError arguments/*, file/*, weights/* */
export async function openTraining(
  model: Model,
  data: TrainingData,
  options: FinetuneOptions,
  threads?: number,
  afterStep?: (arena: ParameterArena) => void,
): Promise<Training> {
  const loss = preferencesOf(options);
  const preferences = loss && { loss, source: openPreferences(model, data, options) };
  const source = preferences?.source ?? (await openSource(model, data, options));
  const selection = await selectTrained(model, options);
  const baseBits = selection.modules && baseBitsOf(options);
  const shape = {
    maxLength: source.maxLength,
    adapters: selection.modules,
    trains: selection.trains,
    checkpointing: options.checkpointing,
    // Trained weights take four times their memory, so the rest has to be lean.
    recomputeAttention: selection.modules === undefined || baseBits !== undefined,
    baseBits,
    loss: { smoothing: options.labelSmoothing, z: options.zLoss },
    embeddingNoise: options.neftune > 0,
    preferences: loss,
    unpadded: isUnpadded(model),
  };
  const { device = 'cpu' } = options;
  const graph = buildTrainingGraph(model, { ...shape, device });
  const { optimizer, weightDecay, loraPlusRatio } = options;
  if (loraPlusRatio !== 1 && (optimizer !== 'adamw' || !selection.modules)) {
    throw new UserError('arguments/incompatible', '--lora-plus-ratio goes with adapters and AdamW');
  }
  // The second matrix begins at zero and may learn faster (Hayou et al. 2024, LoRA+).
  const factorOf = (name: string) => (name.endsWith('.lora_B.weight') ? loraPlusRatio : 1);
  const optimiser = loraPlusRatio === 1 ? namedOptimiser(optimizer, options) : adamw({ weightDecay, factorOf });
  const trainer = await Trainer.open(graph, initialValues(model, selection, graph, options.seed), {
    device,
    threads,
    accumulate: options.accumulate,
    maxGradientNorm: options.maxGradNorm,
    seed: options.seed,
    noiseAlpha: options.neftune,
    optimiser,
    afterStep,
  }).catch((error) => {
    throw asDeviceError(error, device, 'this training');
  });
  let gradientCheck: GradientCheck | undefined;
  if (device !== 'cpu') {
    try {
      const reference = buildTrainingGraph(model, shape);
      const [batch] = await source.batches(0);
      gradientCheck = await checkGradients(trainer, reference, batch, { ...options, device, threads, optimiser });
    } catch (error) {
      trainer.dispose();
      throw asDeviceError(error, device, 'this training');
    }
  }
  return { source, preferences, selection, baseBits, graph, optimiser, trainer, gradientCheck };
}

/** @throws UserError arguments/incompatible */
export function preferencesOf({ objective, beta, ...options }: FinetuneOptions): PreferenceLoss | undefined {
  if (objective === 'likelihood') return undefined;
  if (options.labelSmoothing > 0 || options.zLoss > 0 || options.lossOn === 'all') {
    throw new UserError(
      'arguments/incompatible',
      `--objective ${objective} compares whole answers: leave out --label-smoothing, --z-loss and --loss-on all`,
    );
  }
  return { objective, beta };
}

/** Where nobody names one: adapters begin at nothing and bear more; preferences say less of a text and are soon overdone. */
export const defaultLearningRate = ({ method, objective }: Pick<FinetuneOptions, 'method' | 'objective'>): number => {
  const whole = method === 'full' || method === 'freeze';
  if (objective === 'likelihood') return whole ? 2e-5 : 2e-4;
  return whole ? 2e-6 : 5e-5;
};
