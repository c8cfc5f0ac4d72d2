/** Rotary embedding in GGUF: keys where a scaling has numbers of its own, tensors where it has one for each pair of dimensions. */
import { UserError } from '../../contract/errors.ts';
import { type Rope, type RopeScaling, readRope, ropeSchema, scaleFrequency } from '../../models/architectures/rope.ts';
import type { StoredModel } from '../../models/stored.ts';
import type { GgufTensorToWrite, GgufValue } from '../../models/weights/index.ts';
import { real, whole, word } from './values.ts';

/** GPT-NeoX has names of its own for what others call share and base. */
const schema = ropeSchema.extend({
  rotary_pct: ropeSchema.shape.partial_rotary_factor,
  rotary_emb_base: ropeSchema.shape.rope_theta,
});

/** Share of a head that turns where a configuration does not say. */
const SHARES: Readonly<Record<string, number>> = { gpt_neox: 0.25, stablelm: 0.25 };

/** Gemma 3's local layers turn by a base of their own, which is not the one meant here. */
const isSplit = (type: string): boolean => type === 'gemma3_text';

export function ropeOf({ config, configJson }: StoredModel): Rope {
  const json = schema.parse(configJson);
  const type = String(configJson.model_type);
  const split = isSplit(type) ? json.rope_parameters?.full_attention : undefined;
  return readRope(json, config.headDim, {
    theta: json.rotary_emb_base ?? (isSplit(type) ? 1_000_000 : undefined),
    share: json.rotary_pct ?? SHARES[type],
    maxLength: config.maxLength,
    section: split,
  });
}

/** Whether a model turns queries and keys at all. */
export const turns = ({ configJson }: StoredModel): boolean => configJson.model_type !== 'gpt2';

/** Keys of the scaling, after `<architecture>.`; @throws UserError arguments/incompatible for one that llama.cpp says otherwise */
export function scalingKeys(scaling: RopeScaling): Readonly<Record<string, GgufValue>> {
  switch (scaling.type) {
    case 'default':
    case 'llama3':
      return {};
    case 'linear':
      return { 'rope.scaling.type': word('linear'), 'rope.scaling.factor': real(scaling.factor) };
    case 'longrope':
      return {
        'rope.scaling.attn_factor': real(scaling.attentionFactor),
        'rope.scaling.original_context_length': whole(scaling.originalLength),
      };
    default:
      throw new UserError('arguments/incompatible', `no GGUF export for ${scaling.type} rotary scaling yet`);
  }
}

/** What each pair's frequency is divided by. */
export function rotaryTensors(model: StoredModel): GgufTensorToWrite[] {
  if (!turns(model)) return [];
  const rope = ropeOf(model);
  const { scaling } = rope;
  const factors = (name: string, values: readonly number[]): GgufTensorToWrite => ({
    name: `${name}.weight`,
    dtype: 'float32',
    shape: [values.length],
    produce: () => Float32Array.from(values),
  });
  if (scaling.type === 'llama3') return [factors('rope_freqs', llama3Factors(rope))];
  if (scaling.type !== 'longrope') return [];
  return [factors('rope_factors_long', scaling.longFactors), factors('rope_factors_short', scaling.shortFactors)];
}

/** Llama 3.1's scaling: long waves are slowed down, short ones left, those between in between. */
const llama3Factors = ({ dims, theta, scaling }: Rope): number[] =>
  Array.from({ length: dims / 2 }, (_, i) => {
    const frequency = theta ** ((-2 * i) / dims);
    return frequency / scaleFrequency(frequency, i, 0, scaling);
  });
