/** AdamW (Loshchilov & Hutter 2019): decay is taken from the weights, not mixed into the gradient. */
import type { Optimiser } from './optimiser.ts';

export interface AdamWOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly weightDecay?: number;
}

export function adamw({
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  weightDecay = 0.01,
}: AdamWOptions = {}): Optimiser {
  return {
    name: 'adamw',
    moments: 2,
    step(arena, firstSlot, { step, learningRate, gradientScale, gradientSlot }) {
      const rate = learningRate / (1 - beta1 ** step);
      const correction = 1 / Math.sqrt(1 - beta2 ** step);
      const decay = 1 - learningRate * weightDecay;
      for (const { kernels, offset, elements } of arena.blocks) {
        kernels.adamw(
          offset(0),
          offset(gradientSlot),
          offset(firstSlot),
          offset(firstSlot + 1),
          elements,
          gradientScale,
          beta1,
          1 - beta1,
          beta2,
          1 - beta2,
          rate,
          correction,
          decay,
          epsilon,
        );
      }
    },
    state: () => new Map(),
    restore: () => undefined,
  };
}
