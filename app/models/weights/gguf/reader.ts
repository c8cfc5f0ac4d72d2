/** Opens a GGUF file: its header is read in growing pieces, its tensors stay on the disk until they are asked for. */
import { UserError } from '../../../contract/errors.ts';
import { openRandomAccess, type RandomAccessFile } from '../../../files/random-access.ts';
import { type WeightSource, weightSource } from '../source.ts';
import { NeedsMore } from './cursor.ts';
import { type GgufHeader, parseGgufHeader } from './header.ts';
import type { GgufMetadata } from './values.ts';

export interface GgufSource extends WeightSource {
  readonly gguf: GgufMetadata;
}

const FIRST_READ = 4 * 2 ** 20;
/** Vocabularies of a million tokens take some tens of megabytes; beyond this the header is an attack or an accident. */
const LARGEST_HEADER = 512 * 2 ** 20;

/** @throws UserError weights/truncated, weights/corrupt, model/unsupported, file/not-found, file/not-allowed */
export async function openGguf(path: string): Promise<GgufSource> {
  const file = await openRandomAccess(path);
  try {
    const header = await readHeader(file);
    const parts = header.metadata.get('split.count');
    if (parts && Number(parts.value) > 1)
      throw new UserError(
        'model/unsupported',
        `${path} is one of ${String(parts.value)} parts: merge them first with llama-gguf-split --merge`,
      );
    const source = weightSource(
      header.tensors.map((tensor) => ({ ...tensor, file })),
      new Map(),
      [file],
    );
    return Object.freeze({ ...source, gguf: header.metadata });
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readHeader(file: RandomAccessFile): Promise<GgufHeader> {
  const limit = Math.min(file.size, LARGEST_HEADER);
  for (let length = Math.min(limit, FIRST_READ); ; length = Math.min(limit, length * 4)) {
    const bytes = new Uint8Array(length);
    await file.read(0, bytes);
    try {
      return parseGgufHeader(bytes, file.size, file.path);
    } catch (error) {
      if (!(error instanceof NeedsMore)) throw error;
      if (length === file.size) throw new UserError('weights/truncated', `${file.path} ends inside its header`);
      if (length === limit)
        throw new UserError('weights/corrupt', `${file.path} claims a header of more than ${LARGEST_HEADER} bytes`);
    }
  }
}
