/** LoRA adapters in PEFT's form: which modules, rank and scale, and the tensors under the names that our graphs use. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../contract/errors.ts';
import type { ExternalTensor } from '../tensor/graph.ts';
import { type AdapterSpec, isAdapterWeight } from './graphs/adapter.ts';
import { safetensorsConstants } from './weights/constants.ts';

export const adapterConfigSchema = z.object({
  peft_type: z.literal('LORA'),
  r: z.number().int().positive(),
  lora_alpha: z.number().positive(),
  use_rslora: z.boolean().default(false),
  use_dora: z.boolean().default(false),
  fan_in_fan_out: z.boolean().default(false),
  target_modules: z.union([z.array(z.string()), z.string()]),
  rank_pattern: z.record(z.string(), z.number()).default({}),
  alpha_pattern: z.record(z.string(), z.number()).default({}),
  modules_to_save: z.array(z.string()).nullish(),
  base_model_name_or_path: z.string().nullish(),
});
export type AdapterConfig = z.infer<typeof adapterConfigSchema>;

export interface Adapter {
  readonly config: AdapterConfig;
  /** Module name -> rank and scale. */
  readonly modules: ReadonlyMap<string, AdapterSpec>;
  /** `<module>.lora_A.weight` [rank, in], `<module>.lora_B.weight` [out, rank], of DoRA `<module>.lora_magnitude_vector` [out]. */
  readonly weights: ReadonlyMap<string, ExternalTensor>;
  /** Weights that were trained whole and saved with the adapter (`modules_to_save`: the head of a classifier). */
  readonly whole: ReadonlySet<string>;
}

const PREFIX = 'base_model.model.';

/** How much the product of both matrices counts: alpha / r, or alpha / sqrt(r) for rsLoRA (Kalajdzievski 2023). */
export const adapterScale = (alpha: number, rank: number, rsLora: boolean): number =>
  alpha / (rsLora ? Math.sqrt(rank) : rank);

/** @throws UserError weights/corrupt, model/unsupported, file/not-found */
export async function readAdapter(folder: string): Promise<Adapter> {
  const file = join(folder, 'adapter_config.json');
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UserError('file/not-found', `${folder} has no adapter_config.json`, { cause });
  });
  const parsed = adapterConfigSchema.safeParse(JSON.parse(text));
  if (!parsed.success) {
    throw new UserError('model/unsupported', `${file}: ${parsed.error.issues[0].path.join('.')} is not supported`);
  }
  const config = parsed.data;
  const stored = await safetensorsConstants(join(folder, 'adapter_model.safetensors'));
  const weights = new Map<string, ExternalTensor>();
  const whole = new Set<string>();
  const modules = new Map<string, AdapterSpec>();
  for (const [key, constant] of stored) {
    const name = key.startsWith(PREFIX) ? key.slice(PREFIX.length) : key;
    weights.set(name, constant);
    if (!isAdapterWeight(name)) whole.add(name);
    const module = /^(.*)\.lora_A\.weight$/.exec(name)?.[1];
    if (module === undefined) continue;
    const rank = constant.shape[0];
    const alpha = matchPattern(config.alpha_pattern, module) ?? config.lora_alpha;
    const scale = adapterScale(alpha, rank, config.use_rslora);
    modules.set(module, config.use_dora ? { rank, scale, magnitude: true } : { rank, scale });
  }
  return { config, modules, weights, whole };
}

/**
 * The value that a pattern of PEFT gives a module. Its keys name a module by its last parts, or wholly after `^`; PEFT reads them
 * as regular expressions, of which no more is understood: a file must not choose what is run here. The first that fits counts.
 * @throws UserError model/unsupported for a key that is more than a name
 */
export function matchPattern<T>(pattern: Readonly<Record<string, T>>, module: string): T | undefined {
  for (const [key, value] of Object.entries(pattern)) {
    const name = key.replace(/^\^/, '').replace(/\$$/, '').replaceAll('\\.', '.');
    if (/[\\*+?()[\]{}|^$]/.test(name)) {
      throw new UserError('model/unsupported', `"${key}" of an adapter's rank_pattern or alpha_pattern is not a name`);
    }
    if (module === name || (!key.startsWith('^') && module.endsWith(`.${name}`))) return value;
  }
  return undefined;
}
