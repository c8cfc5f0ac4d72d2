/** Stochastic gradient descent with momentum, in PyTorch's form. */
import type { Optimiser } from './optimiser.ts';

export interface SgdOptions {
  readonly momentum?: number;
  readonly weightDecay?: number;
}

export function sgd({ momentum = 0.9, weightDecay = 0 }: SgdOptions = {}): Optimiser {
  return {
    name: 'sgd',
    moments: 1,
    step(arena, firstSlot, { learningRate, gradientScale, gradientSlot }) {
      const decay = 1 - learningRate * weightDecay;
      for (const { kernels, offset, elements } of arena.blocks) {
        const [w, g, m] = [offset(0), offset(gradientSlot), offset(firstSlot)];
        kernels.sgd(w, g, m, elements, gradientScale, momentum, learningRate, decay);
      }
    },
    state: () => new Map(),
    restore: () => undefined,
  };
}
