/** Rotary position embedding (Su et al. 2021) with the scalings found in published configurations. */
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';

export interface Rope {
  /** How many of the head's dimensions turn; the rest stay. */
  readonly dims: number;
  readonly theta: number;
  readonly scaling: RopeScaling;
}

export type RopeScaling =
  | { readonly type: 'default' }
  | { readonly type: 'linear'; readonly factor: number }
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalLength: number;
    };

/** The part of config.json that speaks of rotary embeddings, in the spelling of transformers 4 and of 5. */
export const ropeSchema = z.object({
  rope_theta: z.number().positive().optional(),
  rope_scaling: z.record(z.string(), z.unknown()).nullish(),
  rope_parameters: z.record(z.string(), z.unknown()).nullish(),
  partial_rotary_factor: z.number().positive().nullish(),
});

const scalingSchema = z.object({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: z.number().positive().optional(),
  factor: z.number().positive().optional(),
  low_freq_factor: z.number().optional(),
  high_freq_factor: z.number().optional(),
  original_max_position_embeddings: z.number().optional(),
  partial_rotary_factor: z.number().positive().optional(),
});

/**
 * @param section overrides the whole configuration's section (models with one rope for each kind of layer)
 * @throws UserError model/unsupported for a scaling we don't know
 */
export function readRope(
  config: z.infer<typeof ropeSchema>,
  headDim: number,
  defaults: { theta?: number; section?: unknown } = {},
): Rope {
  const section = scalingSchema.parse(defaults.section ?? config.rope_parameters ?? config.rope_scaling ?? {});
  const theta = section.rope_theta ?? config.rope_theta ?? defaults.theta ?? 10000;
  const share = section.partial_rotary_factor ?? config.partial_rotary_factor ?? 1;
  return { dims: Math.trunc(headDim * share), theta, scaling: readScaling(section) };
}

function readScaling(section: z.infer<typeof scalingSchema>): RopeScaling {
  const type = section.rope_type ?? section.type ?? 'default';
  if (type === 'default') return { type };
  if (type === 'linear' && section.factor) return { type, factor: section.factor };
  const { factor, low_freq_factor, high_freq_factor, original_max_position_embeddings } = section;
  if (type === 'llama3' && factor && low_freq_factor && high_freq_factor && original_max_position_embeddings) {
    return {
      type,
      factor,
      lowFrequencyFactor: low_freq_factor,
      highFrequencyFactor: high_freq_factor,
      originalLength: original_max_position_embeddings,
    };
  }
  throw new UserError('model/unsupported', `rotary scaling "${type}" is not supported`);
}

/** Angle per position of each pair of dimensions, float32 as the models were trained. */
export function inverseFrequencies(rope: Rope): Float32Array {
  const half = rope.dims / 2;
  const frequencies = Float32Array.from({ length: half }, (_, i) => 1 / rope.theta ** ((2 * i) / rope.dims));
  return frequencies.map((f) => scaleFrequency(f, rope.scaling));
}

function scaleFrequency(frequency: number, scaling: RopeScaling): number {
  if (scaling.type === 'default') return frequency;
  if (scaling.type === 'linear') return frequency / scaling.factor;
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalLength } = scaling;
  const wavelength = (2 * Math.PI) / frequency;
  if (wavelength < originalLength / highFrequencyFactor) return frequency;
  if (wavelength > originalLength / lowFrequencyFactor) return frequency / factor;
  const smooth = (originalLength / wavelength - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
  return ((1 - smooth) * frequency) / factor + smooth * frequency;
}

/** Cosines and sines [positions, dims / 2]. */
export function ropeTables(rope: Rope, positions: number): { cos: Float32Array; sin: Float32Array } {
  const frequencies = inverseFrequencies(rope);
  const half = frequencies.length;
  const cos = new Float32Array(positions * half);
  const sin = new Float32Array(positions * half);
  for (let p = 0; p < positions; p++) {
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(p * frequencies[i]);
      cos[p * half + i] = Math.cos(angle);
      sin[p * half + i] = Math.sin(angle);
    }
  }
  return { cos, sin };
}
