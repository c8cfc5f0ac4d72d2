/** Writes an encoder or a classifier as ONNX beside its weights: onnx/model.onnx and its data file. */
import { mkdir, open } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { writeFileAtomically } from '../files/atomic.ts';
import { DataFile } from '../onnx/data-file.ts';
import { encodeModel, placeInFiles } from '../onnx/encode.ts';
import { fuse } from '../onnx/fusions/index.ts';
import type { Constant } from '../tensor/graph.ts';
import { lower } from '../tensor/lower.ts';
import { freezeWeights } from './graphs/frozen-weights.ts';
import { buildWholeGraph } from './graphs/whole-graph.ts';
import type { Model } from './model.ts';
import { DATA_FILE, MODEL_FILE } from './write-onnx.ts';

/** Rotary tables of longer contexts would be larger than small models. */
const LONGEST = 8192;

/**
 * @param values of the weights, asked for one at a time and stored as float32
 * @returns the path of the model file
 * @throws UserError disk/full, file/*
 */
export async function writeWholeModel(
  folder: string,
  model: Model,
  values: (name: string) => Promise<Float32Array> | Float32Array,
): Promise<string> {
  const onnx = resolve(folder, 'onnx');
  await mkdir(onnx, { recursive: true });
  const data = join(onnx, DATA_FILE);
  const constants = new Map<string, Constant>();
  const handle = await open(data, 'w');
  try {
    const file = new DataFile(handle);
    for (const { name, shape } of model.weightSpecs) await file.add(name, 'float32', shape, await values(name));
    await handle.sync();
    for (const [name, place] of Object.entries(file.tensors)) constants.set(name, { ...place, file: data });
  } finally {
    await handle.close();
  }
  const whole = freezeWeights(buildWholeGraph(model, Math.min(model.config.maxLength, LONGEST)), constants);
  const path = join(onnx, MODEL_FILE);
  await writeFileAtomically(path, encodeModel(fuse(lower(whole)), { place: placeInFiles(onnx), valueTypes: true }));
  return path;
}
