/** What Lathe lacks for architectures that people bring and that it cannot run yet. */
import { z } from 'zod';

const MISSING: Readonly<Record<string, string>> = {
  mamba: 'state-space layers',
  mamba2: 'state-space layers',
  falcon_mamba: 'state-space layers',
  jamba: 'state-space layers and routed experts',
  rwkv: 'recurrent layers',
  recurrent_gemma: 'recurrent layers',
  bloom: 'position biases by distance (ALiBi)',
  mpt: 'position biases by distance (ALiBi)',
  falcon: 'its fused multi-query projections',
  gptj: 'rotary positions on neighbouring dimensions',
  codegen: 'rotary positions on neighbouring dimensions',
  cohere: 'rotary positions on neighbouring dimensions',
  gpt_neo: 'its layers are not described',
  phi: 'its layers are not described',
  deepseek_v2: 'latent attention and routed experts',
  deepseek_v3: 'latent attention and routed experts',
  gpt_oss: 'attention sinks and routed experts',
  gemma3: 'image input: take the text model (model_type "gemma3_text")',
  gemma3n: 'per-layer embeddings and image input',
  xlnet: 'attention over permutations',
  deberta: 'attention that tells content from position',
  'deberta-v2': 'attention that tells content from position',
  albert: 'layers that share their weights',
  whisper: 'audio input',
  clip: 'image input',
};

const schema = z.looseObject({
  model_type: z.string(),
  num_experts: z.number().nullish(),
  num_local_experts: z.number().nullish(),
  n_routed_experts: z.number().nullish(),
  vision_config: z.unknown().optional(),
  audio_config: z.unknown().optional(),
});

/** What is missing to run the model of a config.json, in words that end a sentence. */
export function missingFor(json: unknown): string {
  const config = schema.safeParse(json).data;
  if (!config) return 'its layers are not described';
  if (Object.hasOwn(MISSING, config.model_type)) return MISSING[config.model_type];
  if (config.num_experts || config.num_local_experts || config.n_routed_experts) return 'routed experts';
  if (config.vision_config) return 'image input';
  if (config.audio_config) return 'audio input';
  return 'its layers are not described';
}
