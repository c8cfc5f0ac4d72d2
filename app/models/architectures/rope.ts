/** Rotary position embedding (Su et al. 2021) with the scalings found in published configurations. */
import { z } from 'zod';
import { assertNever, UserError } from '../../contract/errors.ts';

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
    }
  /** Fast dimensions as they are, slow ones interpolated, a ramp between (Peng et al. 2023). */
  | {
      readonly type: 'yarn';
      readonly factor: number;
      readonly attentionFactor: number;
      /** Ends of the ramp, in pairs of dimensions. */
      readonly low: number;
      readonly high: number;
    }
  /** A divisor for each pair, other ones for sequences beyond the original length (Ding et al. 2024). */
  | {
      readonly type: 'longrope';
      readonly shortFactors: readonly number[];
      readonly longFactors: readonly number[];
      readonly attentionFactor: number;
      readonly originalLength: number;
    };

/** The part of config.json that speaks of rotary embeddings, in the spelling of transformers 4 and of 5. */
export const ropeSchema = z.object({
  rope_theta: z.number().positive().optional(),
  rope_scaling: z.record(z.string(), z.unknown()).nullish(),
  rope_parameters: z.record(z.string(), z.unknown()).nullish(),
  partial_rotary_factor: z.number().positive().nullish(),
  original_max_position_embeddings: z.number().positive().nullish(),
});

const scalingSchema = z.object({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: z.number().positive().optional(),
  factor: z.number().positive().nullish(),
  low_freq_factor: z.number().optional(),
  high_freq_factor: z.number().optional(),
  original_max_position_embeddings: z.number().nullish(),
  partial_rotary_factor: z.number().positive().nullish(),
  attention_factor: z.number().positive().nullish(),
  mscale: z.number().nullish(),
  mscale_all_dim: z.number().nullish(),
  beta_fast: z.number().nullish(),
  beta_slow: z.number().nullish(),
  truncate: z.boolean().nullish(),
  short_factor: z.array(z.number()).optional(),
  long_factor: z.array(z.number()).optional(),
});
type Section = z.infer<typeof scalingSchema>;

export interface RopeDefaults {
  readonly theta?: number;
  /** Share of the head's dimensions that turn. */
  readonly share?: number;
  /** The model's longest sequence: what LongRoPE and YaRN are stretched to. */
  readonly maxLength?: number;
  /** Overrides the whole configuration's section (models with one rope for each kind of layer). */
  readonly section?: unknown;
}

/** @throws UserError model/unsupported for a scaling we don't know */
export function readRope(config: z.infer<typeof ropeSchema>, headDim: number, defaults: RopeDefaults = {}): Rope {
  const section = scalingSchema.parse(defaults.section ?? config.rope_parameters ?? config.rope_scaling ?? {});
  const theta = section.rope_theta ?? config.rope_theta ?? defaults.theta ?? 10000;
  const share = section.partial_rotary_factor ?? config.partial_rotary_factor ?? defaults.share ?? 1;
  const dims = Math.trunc(headDim * share);
  const originalLength = section.original_max_position_embeddings ?? config.original_max_position_embeddings;
  const lengths = { originalLength: originalLength ?? undefined, maxLength: defaults.maxLength };
  return { dims, theta, scaling: readScaling(section, dims, theta, lengths) };
}

interface Lengths {
  readonly originalLength: number | undefined;
  readonly maxLength: number | undefined;
}

function readScaling(section: Section, dims: number, theta: number, lengths: Lengths): RopeScaling {
  const type = section.rope_type ?? section.type ?? 'default';
  const { factor, low_freq_factor, high_freq_factor } = section;
  const { originalLength, maxLength } = lengths;
  // Dynamic scaling changes nothing up to the model's own limit, which Lathe does not exceed.
  if (type === 'default' || type === 'dynamic') return { type: 'default' };
  if (type === 'linear' && factor) return { type, factor };
  if (type === 'llama3' && factor && low_freq_factor && high_freq_factor && originalLength) {
    return {
      type,
      factor,
      lowFrequencyFactor: low_freq_factor,
      highFrequencyFactor: high_freq_factor,
      originalLength,
    };
  }
  const stretch = factor ?? (maxLength && originalLength ? maxLength / originalLength : undefined);
  if (type === 'yarn' && stretch) {
    return readYarn(section, dims, theta, stretch, originalLength ?? (maxLength ?? 4096) / stretch);
  }
  // Phi-3's early configurations call it "su".
  if ((type === 'longrope' || type === 'su') && section.short_factor && section.long_factor) {
    const original = originalLength ?? maxLength ?? 4096;
    const times = stretch ?? 1;
    return {
      type: 'longrope',
      shortFactors: section.short_factor,
      longFactors: section.long_factor,
      originalLength: original,
      attentionFactor:
        section.attention_factor ?? (times <= 1 ? 1 : Math.sqrt(1 + Math.log(times) / Math.log(original))),
    };
  }
  throw new UserError('model/unsupported', `rotary scaling "${type}" is not supported`);
}

function readYarn(section: Section, dims: number, theta: number, factor: number, originalLength: number): RopeScaling {
  const { mscale, mscale_all_dim: all, truncate } = section;
  const magnitude = (scale: number) => (factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1);
  const attentionFactor =
    section.attention_factor ?? (mscale && all ? magnitude(mscale) / magnitude(all) : magnitude(1));
  const pairAt = (turns: number) => (dims * Math.log(originalLength / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const [low, high] = [pairAt(section.beta_fast || 32), pairAt(section.beta_slow || 1)];
  const whole = truncate !== false;
  return {
    type: 'yarn',
    factor,
    attentionFactor,
    low: Math.max(whole ? Math.floor(low) : low, 0),
    high: Math.min(whole ? Math.ceil(high) : high, dims - 1),
  };
}

/**
 * Angle per position of each pair of dimensions, float32 as the models were trained.
 * @param length of the sequences; LongRoPE turns more slowly beyond the original length
 */
export function inverseFrequencies(rope: Rope, length = 0): Float32Array {
  const half = rope.dims / 2;
  const frequencies = Float32Array.from({ length: half }, (_, i) => 1 / rope.theta ** ((2 * i) / rope.dims));
  return frequencies.map((frequency, i) => scaleFrequency(frequency, i, length, rope.scaling));
}

/** @param pair of dimensions @param length of the sequences */
export function scaleFrequency(frequency: number, pair: number, length: number, scaling: RopeScaling): number {
  switch (scaling.type) {
    case 'default':
      return frequency;
    case 'linear':
      return frequency / scaling.factor;
    case 'llama3': {
      const { factor, lowFrequencyFactor, highFrequencyFactor, originalLength } = scaling;
      const wavelength = (2 * Math.PI) / frequency;
      if (wavelength < originalLength / highFrequencyFactor) return frequency;
      if (wavelength > originalLength / lowFrequencyFactor) return frequency / factor;
      const smooth = (originalLength / wavelength - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
      return ((1 - smooth) * frequency) / factor + smooth * frequency;
    }
    case 'yarn': {
      const { low, high, factor } = scaling;
      const ramp = Math.min(1, Math.max(0, (pair - low) / (high === low ? 0.001 : high - low)));
      return (frequency / factor) * ramp + frequency * (1 - ramp);
    }
    case 'longrope': {
      const factors = length > scaling.originalLength ? scaling.longFactors : scaling.shortFactors;
      return frequency / factors[pair];
    }
    default:
      return assertNever(scaling);
  }
}

/** Cosines and sines [positions, dims / 2] for sequences of up to so many positions. */
export function ropeTables(rope: Rope, positions: number): { cos: Float32Array; sin: Float32Array } {
  const frequencies = inverseFrequencies(rope, positions);
  const magnitude = 'attentionFactor' in rope.scaling ? rope.scaling.attentionFactor : 1;
  const half = frequencies.length;
  const cos = new Float32Array(positions * half);
  const sin = new Float32Array(positions * half);
  for (let p = 0; p < positions; p++) {
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(p * frequencies[i]);
      cos[p * half + i] = magnitude * Math.cos(angle);
      sin[p * half + i] = magnitude * Math.sin(angle);
    }
  }
  return { cos, sin };
}
