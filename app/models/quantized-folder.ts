/**
 * Folders that `lathe quantize` writes: `lathe-weights.json` says in which form each module's weight is stored and where
 * in the ONNX model's data file its parts lie, so that Lathe's own graphs and the exported one share the same bytes.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../contract/errors.ts';
import { withFileErrors } from '../files/file-errors.ts';
import { insideFolder } from '../files/inside-folder.ts';
import { byteLength, TYPED_ARRAYS } from '../tensor/dtype.ts';
import type { ExternalTensor } from '../tensor/graph.ts';
import { sizeOf } from '../tensor/tensor.ts';
import { describe } from './architectures/index.ts';
import { readConfig } from './model.ts';
import type { StoredModel } from './stored.ts';

const size = z.number().int().nonnegative();

const format = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('blocks'),
    bits: z.number().int().min(2).max(8),
    blockSize: z.number().int(),
    zeroPoints: z.boolean(),
    perRow: z.literal(true).optional(),
    scales: z.enum(['float32', 'float16']).optional(),
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
  const { dataFile, tensors, formats, parameters } = await readPlaces(join(folder, 'lathe-weights.json'));
  const file = await insideFolder(folder, dataFile);
  const { size: fileBytes } = await withFileErrors(file, () => stat(file));
  for (const [name, { dtype, shape, offset, byteLength: bytes }] of Object.entries(tensors)) {
    if (bytes !== byteLength(dtype, sizeOf(shape)))
      throw new UserError('weights/corrupt', `${name} has ${bytes} bytes, which are not those of its shape [${shape}]`);
    if (offset + bytes > fileBytes) throw new UserError('weights/truncated', `${file} ends before the end of ${name}`);
  }
  const weights = new Map<string, ExternalTensor>(
    Object.entries(tensors).map(([name, place]) => [name, { ...place, file }]),
  );
  return { ...described, folder, configJson, weights, formats: new Map(Object.entries(formats)), parameters };
}

async function readPlaces(file: string): Promise<QuantizedFolder> {
  const text = await withFileErrors(file, () => readFile(file, 'utf8'));
  try {
    return quantizedSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new UserError('weights/corrupt', `${file} is malformed`, { cause });
  }
}
