/**
 * Folders that `lathe quantize` writes: `lathe-weights.json` says in which form each module's weight is stored and where
 * in the ONNX model's data file its parts lie, so that Lathe's own graphs and the exported one share the same bytes.
 */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../contract/errors.ts';
import { TYPED_ARRAYS } from '../tensor/dtype.ts';
import type { ExternalTensor } from '../tensor/graph.ts';
import { describe } from './architectures/index.ts';
import { readConfig } from './model.ts';
import type { StoredModel } from './stored.ts';

const size = z.number().int().nonnegative();

const format = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('blocks'),
    bits: z.number().int(),
    blockSize: z.number().int(),
    zeroPoints: z.boolean(),
    accuracyLevel: z.number().int(),
  }),
  z.object({ kind: z.literal('dynamic-int8') }),
]);

export const quantizedSchema = z.object({
  version: z.literal(1),
  dataFile: z.string(),
  parameters: size,
  formats: z.record(z.string(), format),
  tensors: z.record(
    z.string(),
    z.object({
      dtype: z.enum(Object.keys(TYPED_ARRAYS) as [keyof typeof TYPED_ARRAYS]),
      shape: z.array(size),
      offset: size,
      byteLength: size,
    }),
  ),
});
export type QuantizedFolder = z.infer<typeof quantizedSchema>;

/** @throws UserError weights/corrupt, file/outside-folder */
export async function openQuantized(folder: string): Promise<StoredModel> {
  const configJson = await readConfig(folder);
  const described = describe(configJson);
  const parsed = quantizedSchema.safeParse(JSON.parse(await readFile(join(folder, 'lathe-weights.json'), 'utf8')));
  if (!parsed.success) throw new UserError('weights/corrupt', `${folder}/lathe-weights.json is malformed`);
  const { dataFile, tensors, formats, parameters } = parsed.data;
  const file = resolve(folder, dataFile);
  if (!file.startsWith(resolve(folder))) throw new UserError('file/outside-folder', `${folder} names ${dataFile}`);
  const weights = new Map<string, ExternalTensor>(
    Object.entries(tensors).map(([name, place]) => [name, { ...place, file }]),
  );
  return { ...described, folder, configJson, weights, formats: new Map(Object.entries(formats)), parameters };
}
