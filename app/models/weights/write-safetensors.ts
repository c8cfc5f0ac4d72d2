/** Writes safetensors files tensor by tensor: never more than one is in memory. */

import { writeAtomically, writeBytes } from '../../onnx/atomic-file.ts';
import { bytesOf } from '../../onnx/encode.ts';
import { byteLength, type DType } from '../../tensor/dtype.ts';
import { sizeOf, type Tensor } from '../../tensor/tensor.ts';
import { DTYPES } from './constants.ts';

export interface TensorToWrite {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  read(): Promise<Tensor>;
}

const NAMES = new Map(Object.entries(DTYPES).map(([name, dtype]) => [dtype, name]));

/** @throws UserError disk/full, file/not-allowed */
export async function writeSafetensors(
  path: string,
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let at = 0;
  for (const { name, dtype, shape } of tensors) {
    const end = at + byteLength(dtype, sizeOf(shape));
    const stored = NAMES.get(dtype);
    if (!stored) throw new Error(`safetensors has no type ${dtype}`);
    header[name] = { dtype: stored, shape, data_offsets: [at, end] };
    at = end;
  }
  const text = JSON.stringify(header);
  // Spaces bring the data to a multiple of 64 bytes, so that a memory map of the file is aligned.
  const json = Buffer.from(text + ' '.repeat((64 - ((Buffer.byteLength(text) + 8) % 64)) % 64));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  await writeAtomically(path, async (file) => {
    await writeBytes(file, length);
    await writeBytes(file, json);
    for (const entry of tensors) {
      const value = await entry.read();
      if (value.data.byteLength !== byteLength(entry.dtype, sizeOf(entry.shape))) {
        throw new Error(`${entry.name} is not [${entry.shape}] ${entry.dtype}`);
      }
      await writeBytes(file, bytesOf(value));
    }
  });
}
