/** A model's weights in one data file beside an ONNX file. */
import { copyFile, open } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { writeJsonAtomically } from '../files/atomic.ts';
import type { StoredModel } from '../models/stored.ts';
import { readConstant, readFloats } from '../models/weights/constants.ts';
import { encodeFloats } from '../models/write-folder.ts';
import { DATA_FILE } from '../models/write-onnx.ts';
import { DataFile } from '../onnx/data-file.ts';

/**
 * @param as store matrices in this type, vectors (norms, biases) in float32; absent: everything as it is
 * @returns the model over the written file
 * @throws UserError disk/full, file/*
 */
export async function writeWeightsFile(
  model: StoredModel,
  path: string,
  as?: 'float32' | 'float16',
): Promise<StoredModel> {
  const file = resolve(path);
  const [first] = model.weights.values();
  if (!as && basename(first.file) === DATA_FILE) {
    await copyFile(first.file, file);
    return { ...model, weights: new Map([...model.weights].map(([name, weight]) => [name, { ...weight, file }])) };
  }
  const handle = await open(file, 'wx');
  try {
    const data = new DataFile(handle);
    for (const [name, constant] of model.weights) {
      if (as) {
        const dtype = constant.shape.length > 1 ? as : 'float32';
        await data.add(name, dtype, constant.shape, encodeFloats(await readFloats(constant), dtype));
      } else {
        const { dtype, shape, data: values } = await readConstant(constant);
        await data.add(name, dtype, shape, values);
      }
    }
    await handle.sync();
    const placed = Object.entries(data.tensors).map(([name, place]) => [name, { ...place, file }] as const);
    return { ...model, weights: new Map(placed) };
  } finally {
    await handle.close();
  }
}

/** The list that lets Lathe open an export as a model again. */
export async function recordWeights(folder: string, model: StoredModel): Promise<void> {
  const places = [...model.weights].map(([name, { dtype, shape, offset, byteLength }]) => [
    name,
    { dtype, shape, offset, byteLength },
  ]);
  await writeJsonAtomically(join(folder, 'lathe-weights.json'), {
    version: 1,
    dataFile: `onnx/${DATA_FILE}`,
    parameters: model.parameters,
    formats: Object.fromEntries(model.formats),
    tensors: Object.fromEntries(places),
  });
}
