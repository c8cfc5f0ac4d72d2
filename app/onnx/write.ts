/** Writes an ONNX model: one file, or graph and data file where the tensors are large; tensors stream from file to file. */
import { type FileHandle, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { writeAtomically, writeFileAtomically } from '../files/atomic.ts';
import { openRandomAccess } from '../files/random-access.ts';
import { TYPED_ARRAYS, type TypedArray } from '../tensor/dtype.ts';
import { type Constant, type Graph, isExternal } from '../tensor/graph.ts';
import { tensor } from '../tensor/tensor.ts';
import type { OnnxModel } from './decode.ts';
import { bytesOf, type DataLocation, encodeModel } from './encode.ts';

export interface WriteOnnxOptions {
  /** Models with more bytes of tensors than this get a data file; default 256 MiB. Protobuf itself ends at 2 GiB. */
  readonly inlineBytes?: number;
}

const INLINE = 256 * 2 ** 20;
/** Tensors smaller than this stay in the graph in any case: shapes and axes, which the runtime reads early. */
const SMALL = 1024;
/** Page size: so that runtimes can map the tensors instead of reading them. */
const ALIGNMENT = 4096;
const CHUNK = 4 * 2 ** 20;
const ZEROS = new Uint8Array(CHUNK);

export const dataFileName = (path: string): string => `${basename(path)}_data`;

const lengthOf = (constant: Constant): number =>
  isExternal(constant) ? constant.byteLength : constant.data.byteLength;

/**
 * Writes `path`, and `path + "_data"` beside it where needed. Tensors of subgraphs stay in the graph.
 * @throws UserError disk/full, file/not-allowed; neither file appears half-written
 */
export async function writeOnnx(model: OnnxModel, path: string, options: WriteOnnxOptions = {}): Promise<void> {
  const { graph, irVersion, foreign } = model;
  const total = [...graph.constants.values()].reduce((n, constant) => n + lengthOf(constant), 0);
  const encode = (whole: Graph, place?: (name: string) => DataLocation | undefined) =>
    encodeModel(whole, { irVersion, foreign, valueTypes: true, place });
  if (total <= (options.inlineBytes ?? INLINE)) {
    await writeFileAtomically(path, encode(await inMemory(graph)));
    await rm(join(dirname(resolve(path)), dataFileName(path)), { force: true });
    return;
  }
  const places = new Map<string, DataLocation>();
  await writeAtomically(join(dirname(resolve(path)), dataFileName(path)), async (handle) => {
    let end = 0;
    for (const [name, constant] of graph.constants) {
      if (lengthOf(constant) < SMALL) continue;
      const offset = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
      await copyConstant(constant, handle, offset);
      end = offset + lengthOf(constant);
      places.set(name, { location: dataFileName(path), offset, length: lengthOf(constant) });
    }
    // Chunks of zeros were left out: the file must still have its full length.
    await handle.truncate(end);
  });
  await writeFileAtomically(
    path,
    encode(await inMemory(graph, (name) => places.has(name)), (name) => places.get(name)),
  );
}

/** The graph with its constants read, except those that `skip` names. */
async function inMemory(graph: Graph, skip: (name: string) => boolean = () => false): Promise<Graph> {
  const constants = new Map<string, Constant>();
  for (const [name, constant] of graph.constants) {
    if (!isExternal(constant) || skip(name)) {
      constants.set(name, constant);
      continue;
    }
    const bytes = new Uint8Array(constant.byteLength);
    let at = 0;
    for await (const chunk of chunksOf(constant)) {
      bytes.set(chunk, at);
      at += chunk.byteLength;
    }
    const data = new TYPED_ARRAYS[constant.dtype](bytes.buffer) as TypedArray;
    constants.set(name, tensor(constant.dtype, constant.shape, data));
  }
  return { ...graph, constants };
}

async function copyConstant(constant: Constant, handle: FileHandle, offset: number): Promise<void> {
  let at = offset;
  for await (const chunk of chunksOf(constant)) {
    // A chunk of zeros becomes a hole: sparse files stay sparse.
    const empty = Buffer.compare(chunk, ZEROS.subarray(0, chunk.byteLength)) === 0;
    for (let done = 0; !empty && done < chunk.byteLength; ) {
      done += (await handle.write(chunk, done, chunk.byteLength - done, at + done)).bytesWritten;
    }
    at += chunk.byteLength;
  }
}

/** The bytes of a constant, a few megabytes at a time. @throws UserError file/not-found, weights/truncated */
async function* chunksOf(constant: Constant): AsyncGenerator<Uint8Array> {
  if (!isExternal(constant)) {
    const bytes = bytesOf(constant);
    for (let at = 0; at < bytes.byteLength; at += CHUNK) yield bytes.subarray(at, at + CHUNK);
    return;
  }
  const { file, offset, byteLength } = constant;
  const source = await openRandomAccess(file);
  try {
    const buffer = new Uint8Array(Math.min(CHUNK, byteLength));
    for (let at = 0; at < byteLength; at += CHUNK) {
      const chunk = buffer.subarray(0, Math.min(CHUNK, byteLength - at));
      await source.read(offset + at, chunk);
      yield chunk;
    }
  } finally {
    await source.close();
  }
}
