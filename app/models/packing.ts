/** Folders whose linear layers are packed into few bits by another program, as `quantization_config` of config.json says. */
import { z } from 'zod';
import { UserError } from '../contract/errors.ts';

const schema = z.object({
  quantization_config: z
    .looseObject({
      quant_method: z.string().optional(),
      checkpoint_format: z.string().nullish(),
      format: z.string().nullish(),
      version: z.string().nullish(),
    })
    .nullish(),
});

export type Packing = { readonly method: 'gptq'; readonly zeroOffset: 0 | 1 } | { readonly method: 'awq' };

type ConfigJson = Readonly<Record<string, unknown>>;

const namedIn = (configJson: ConfigJson) => schema.safeParse(configJson).data?.quantization_config ?? undefined;

/**
 * How the layers are packed; undefined where they are not.
 * @throws UserError model/unsupported for a way that Lathe does not read
 */
export function packingOf(configJson: ConfigJson): Packing | undefined {
  const named = namedIn(configJson);
  if (!named) return undefined;
  const format = (named.checkpoint_format ?? named.format ?? named.version ?? '').toLowerCase();
  if (named.quant_method === 'gptq' && ['', 'gptq', 'gptq_v2'].includes(format)) {
    return { method: 'gptq', zeroOffset: format === 'gptq_v2' ? 0 : 1 };
  }
  if (named.quant_method === 'awq' && ['', 'gemm'].includes(format)) return { method: 'awq' };
  const what = [named.quant_method ?? 'a quantization without a name', format].filter((part) => part !== '');
  throw new UserError('model/unsupported', `its weights are packed by ${what.join(', ')}: gptq and awq can be read`);
}

/** @throws UserError model/packed, model/unsupported */
export function refusePacked(configJson: ConfigJson, folder: string): void {
  const packing = packingOf(configJson);
  if (packing) throw new UserError('model/packed', `the layers of ${folder} are packed by ${packing.method}`);
}

/** Of the same model with layers of plain numbers. */
export function withoutPacking(configJson: ConfigJson): Record<string, unknown> {
  const { quantization_config: _, ...rest } = configJson;
  return rest;
}
