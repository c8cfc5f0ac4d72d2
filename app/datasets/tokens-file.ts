/** Pre-tokenised training data: a safetensors file that holds every batch, consumed in order. */
import { type FileHandle, open } from 'node:fs/promises';
import { UserError } from '../contract/errors.ts';
import { headerLength, parseHeader, type TensorEntry } from '../models/weights/safetensors-header.ts';
import { unreadable } from './readers/lines.ts';

/** One step's batch; arrays are [batch, length], row after row. */
export interface TokenStep {
  readonly ids: Int32Array;
  /** [batch, length], or [batch] for classification; -100 where nothing is learnt. */
  readonly labels: Int32Array;
  readonly attentionMask?: Int32Array;
  readonly tokenTypeIds?: Int32Array;
}

const SIDES = ['attention_mask', 'token_type_ids'] as const;

export class TokensFile {
  readonly steps: number;
  readonly batch: number;
  readonly length: number;
  /** 'tokens': a label for each token; 'rows': one for each row (classification). */
  readonly labelled: 'tokens' | 'rows';
  readonly #file: string;
  readonly #entries: ReadonlyMap<string, TensorEntry>;

  private constructor(file: string, entries: ReadonlyMap<string, TensorEntry>) {
    this.#file = file;
    this.#entries = entries;
    const ids = needed(entries, 'input_ids', file);
    if (ids.shape.length !== 3 || ids.shape.some((size) => size === 0))
      throw new UserError(
        'dataset/unreadable',
        `${file}: input_ids has the shape [${ids.shape}], not [steps, batch, length]`,
      );
    [this.steps, this.batch, this.length] = ids.shape as [number, number, number];
    const labels = needed(entries, 'labels', file);
    const perToken = sameShape(labels.shape, ids.shape);
    if (!perToken && !sameShape(labels.shape, ids.shape.slice(0, 2)))
      throw new UserError(
        'dataset/unreadable',
        `${file}: labels has the shape [${labels.shape}], input_ids [${ids.shape}]`,
      );
    this.labelled = perToken ? 'tokens' : 'rows';
    for (const name of SIDES) {
      const side = entries.get(name);
      if (side && !sameShape(side.shape, ids.shape))
        throw new UserError(
          'dataset/unreadable',
          `${file}: ${name} has the shape [${side.shape}], input_ids [${ids.shape}]`,
        );
    }
  }

  /** @throws UserError dataset/unreadable, weights/truncated, weights/corrupt, file/not-found */
  static async open(file: string): Promise<TokensFile> {
    return await withFile(file, async (handle) => {
      const { size } = await handle.stat();
      const prefix = await readBytes(handle, 0, Math.min(8, size), file);
      const length = headerLength(prefix, size, file);
      const header = parseHeader(await readBytes(handle, 8, length, file), size, file);
      return new TokensFile(file, new Map(header.tensors.map((entry) => [entry.name, entry])));
    });
  }

  /** Step `index`, from 0. */
  async step(index: number): Promise<TokenStep> {
    if (!Number.isInteger(index) || index < 0 || index >= this.steps) throw new RangeError(`there is no step ${index}`);
    return await withFile(this.#file, async (handle) => {
      const read = async (name: string): Promise<Int32Array | undefined> => {
        const entry = this.#entries.get(name);
        if (!entry) return undefined;
        const bytes = (entry.end - entry.begin) / this.steps;
        return toInt32(await readBytes(handle, entry.begin + index * bytes, bytes, this.#file), entry, this.#file);
      };
      const ids = (await read('input_ids'))!;
      if (ids.some((id) => id < 0))
        throw new UserError('dataset/unreadable', `${this.#file}: step ${index + 1} holds a negative token id`);
      const labels = (await read('labels'))!;
      if (labels.some((label) => label < 0 && label !== -100))
        throw new UserError(
          'dataset/unreadable',
          `${this.#file}: step ${index + 1} holds a negative label other than -100`,
        );
      const [attentionMask, tokenTypeIds] = [await read('attention_mask'), await read('token_type_ids')];
      return { ids, labels, ...(attentionMask ? { attentionMask } : {}), ...(tokenTypeIds ? { tokenTypeIds } : {}) };
    });
  }
}

function needed(entries: ReadonlyMap<string, TensorEntry>, name: string, file: string): TensorEntry {
  const entry = entries.get(name);
  if (!entry)
    throw new UserError('dataset/unreadable', `${file} holds no ${name}: it is not pre-tokenised training data`);
  return entry;
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

async function withFile<T>(file: string, work: (handle: FileHandle) => Promise<T>): Promise<T> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch (cause) {
    throw unreadable(file, cause);
  }
  try {
    return await work(handle);
  } finally {
    await handle.close();
  }
}

async function readBytes(handle: FileHandle, at: number, length: number, file: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(bytes, done, length - done, at + done);
    if (bytesRead === 0) throw new UserError('weights/truncated', `${file} ends too early`);
    done += bytesRead;
  }
  return bytes;
}

function toInt32(bytes: Uint8Array, entry: TensorEntry, file: string): Int32Array {
  if (entry.dtype === 'I32') return new Int32Array(bytes.buffer);
  if (entry.dtype === 'I64') {
    const wide = new BigInt64Array(bytes.buffer);
    return Int32Array.from(wide, (value) => {
      if (value < -(2n ** 31n) || value >= 2n ** 31n)
        throw new UserError('dataset/unreadable', `${file}: ${entry.name} holds the impossible value ${value}`);
      return Number(value);
    });
  }
  throw new UserError('dataset/unreadable', `${file}: ${entry.name} is ${entry.dtype}, not I32 or I64`);
}
