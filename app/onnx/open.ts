/** Opens an ONNX file: its graph in memory, its large tensors where they lie, in it or beside it. */
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { withFileErrors } from '../files/file-errors.ts';
import { insideFolder } from '../files/inside-folder.ts';
import { openRandomAccess } from '../files/random-access.ts';
import { decodeModel, type OnnxModel } from './decode.ts';
import type { FindPlace } from './decode-tensor.ts';
import { SELF, slimModel } from './slim.ts';

/**
 * Tensors outside the file must lie in its folder, whole.
 * @throws UserError onnx/corrupt, onnx/unsupported, file/outside-folder, weights/missing, weights/truncated, file/*
 */
export async function openOnnx(path: string): Promise<OnnxModel> {
  const file = resolve(path);
  const folder = dirname(file);
  const opened = await openRandomAccess(file);
  let bytes: Uint8Array;
  try {
    bytes = await slimModel(opened);
  } finally {
    await opened.close();
  }
  /** Location -> the last byte that a tensor needs there, and which tensor. */
  const needed = new Map<string, { readonly end: number; readonly tensor: string }>();
  const find: FindPlace = ({ location, offset, length }, tensor) => {
    const byteLength = length ?? 0;
    if (location === SELF) return { file, offset, byteLength };
    const end = offset + byteLength;
    if (end > (needed.get(location)?.end ?? -1)) needed.set(location, { end, tensor });
    return { file: resolve(folder, location), offset, byteLength };
  };
  const model = decodeModel(bytes, find);
  for (const [location, { end, tensor }] of needed) {
    const data = await insideFolder(folder, location);
    const { size } = await withFileErrors(data, () => stat(data)).catch((cause: unknown) => {
      throw new UserError('weights/missing', `${path} keeps ${tensor} in ${location}, which is not there`, { cause });
    });
    if (end > size) throw new UserError('weights/truncated', `${data} ends before the end of ${tensor}`);
  }
  return model;
}
