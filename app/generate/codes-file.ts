/**
 * A file for weights that only one session reads, once, as it is opened: the runtime maps it and lays them out anew, so that
 * no copy of them stays in memory.
 */
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withFileErrors } from '../files/file-errors.ts';
import { DataFile } from '../onnx/data-file.ts';
import type { ExternalTensor } from '../tensor/graph.ts';
import type { Tensor } from '../tensor/tensor.ts';

export class CodesFile {
  readonly #folder: string;
  readonly #file: string;
  readonly #handle: FileHandle;
  readonly #data: DataFile;
  #count = 0;

  private constructor(folder: string, file: string, handle: FileHandle) {
    this.#folder = folder;
    this.#file = file;
    this.#handle = handle;
    this.#data = new DataFile(handle);
  }

  /** @throws UserError file/not-allowed, disk/full */
  static async open(): Promise<CodesFile> {
    const folder = await withFileErrors(tmpdir(), () => mkdtemp(join(tmpdir(), 'lathe-codes-')));
    const file = join(folder, 'codes.bin');
    return new CodesFile(folder, file, await withFileErrors(file, () => open(file, 'w')));
  }

  /** @throws UserError disk/full */
  async add({ dtype, shape, data }: Tensor): Promise<ExternalTensor> {
    const name = String(this.#count++);
    await withFileErrors(this.#file, () => this.#data.add(name, dtype, shape, data));
    return { ...this.#data.tensors[name], file: this.#file };
  }

  /** Nobody needs the file by its name any more: sessions that have mapped it keep what they use of it. */
  async remove(): Promise<void> {
    await this.#handle.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
