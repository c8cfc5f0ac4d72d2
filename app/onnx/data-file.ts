/** Gathers tensors into the data file of an ONNX model, one after the other, each on a cache line. */
import type { FileHandle } from 'node:fs/promises';
import type { DType, TypedArray } from '../tensor/dtype.ts';

export interface Placed {
  readonly dtype: DType;
  readonly shape: number[];
  readonly offset: number;
  readonly byteLength: number;
}

const ALIGNMENT = 64;
const LARGEST_WRITE = 1 << 30;

export class DataFile {
  readonly tensors: Record<string, Placed> = {};
  readonly #handle: FileHandle;
  #end = 0;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async add(name: string, dtype: DType, shape: readonly number[], data: TypedArray): Promise<void> {
    const offset = Math.ceil(this.#end / ALIGNMENT) * ALIGNMENT;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    for (let at = 0; at < bytes.byteLength; ) {
      const length = Math.min(LARGEST_WRITE, bytes.byteLength - at);
      at += (await this.#handle.write(bytes, at, length, offset + at)).bytesWritten;
    }
    this.#end = offset + bytes.byteLength;
    this.tensors[name] = { dtype, shape: [...shape], offset, byteLength: bytes.byteLength };
  }

  /** The same bytes under another name and shape. */
  alias(name: string, of: string, shape: readonly number[]): void {
    this.tensors[name] = { ...this.tensors[of], shape: [...shape] };
  }
}
