/** AdamW (Loshchilov & Hutter 2019): decay is taken from the weights, not mixed into the gradient. */
import type { Optimiser } from './optimiser.ts';

export interface AdamWOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly weightDecay?: number;
  /** What a parameter's learning rate is multiplied by; absent: all learn alike. */
  readonly factorOf?: (parameter: string) => number;
}

export function adamw({
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  weightDecay = 0.01,
  factorOf,
}: AdamWOptions = {}): Optimiser {
  return {
    name: 'adamw',
    moments: 2,
    step(arena, firstSlot, { step, learningRate, gradientScale, gradientSlot }) {
      const correction = 1 / Math.sqrt(1 - beta2 ** step);
      const parts = factorOf
        ? arena.parameters.map(({ name }) => ({ ...arena.part(name), own: learningRate * factorOf(name) }))
        : arena.blocks.map((block) => ({ ...block, own: learningRate }));
      for (const { kernels, offset, elements, own } of parts) {
        const rate = own / (1 - beta1 ** step);
        const decay = 1 - own * weightDecay;
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
