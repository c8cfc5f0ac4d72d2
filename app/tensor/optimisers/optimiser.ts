/** What an optimiser is to the trainer: how many arrays it keeps for each parameter, and one step over the arena. */
import type { ParameterArena } from './arena.ts';

export interface StepOptions {
  /** Counted from 1. */
  readonly step: number;
  readonly learningRate: number;
  /** Multiplies every gradient first (global-norm clipping). */
  readonly gradientScale: number;
  /** Slot in which the gradients lie. */
  readonly gradientSlot: number;
}

export interface Optimiser {
  readonly name: string;
  /** Moment arrays as large as the parameters, in slots `firstSlot`, `firstSlot + 1`, … */
  readonly moments: number;
  step(arena: ParameterArena, firstSlot: number, options: StepOptions): void;
  /** What it keeps besides the moments, for a checkpoint: name -> floats. */
  state(): ReadonlyMap<string, Float32Array>;
  restore(state: ReadonlyMap<string, Float32Array>): void;
}

/** Factor that brings the global norm of the gradients down to `limit` (Pascanu et al. 2013); 0 = no limit. */
export function clipScale(norm: number, limit: number): number {
  return limit > 0 && norm > limit ? limit / (norm + 1e-6) : 1;
}
