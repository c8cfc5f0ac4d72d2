/** Streams tensors to an open file: what a writer of any weights format needs. */
import type { FileHandle } from 'node:fs/promises';
import { UserError } from '../../contract/errors.ts';
import type { TypedArray } from '../../tensor/dtype.ts';
import { bytesOf } from './plain-codecs.ts';

/**
 * A tensor's values: all at once, or in chunks that follow one another. A chunk may be reused by its producer as soon as
 * the next one is asked for.
 */
export type TensorData = TypedArray | AsyncIterable<Uint8Array>;

const LARGEST_WRITE = 2 ** 30;

/** Writes all of `bytes` at `position`. */
export async function writeAt(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.byteLength) {
    const length = Math.min(LARGEST_WRITE, bytes.byteLength - done);
    const { bytesWritten } = await handle.write(bytes, done, length, position + done);
    done += bytesWritten;
  }
}

/**
 * Writes one tensor at `position`.
 * @throws UserError weights/wrong-shape where the data are not `expected` bytes
 */
export async function writeTensor(
  handle: FileHandle,
  name: string,
  data: TensorData,
  expected: number,
  position: number,
): Promise<void> {
  let written = 0;
  const put = async (bytes: Uint8Array) => {
    if (written + bytes.byteLength <= expected) await writeAt(handle, bytes, position + written);
    written += bytes.byteLength;
  };
  if (ArrayBuffer.isView(data)) await put(bytesOf(data));
  else for await (const chunk of data) await put(chunk);
  if (written !== expected)
    throw new UserError('weights/wrong-shape', `${name} has ${written} bytes, its shape needs ${expected}`);
}
