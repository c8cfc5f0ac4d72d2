/** Writes the decoding graph of a model as ONNX, its weights in a data file beside it. */
import { dirname, join, resolve } from 'node:path';
import { writeFileAtomically } from '../files/atomic.ts';
import { encodeModel, placeInFiles } from '../onnx/encode.ts';
import { fuse } from '../onnx/fusions/index.ts';
import { lower } from '../tensor/lower.ts';
import { buildDecodingGraph } from './graphs/decoding-graph.ts';
import type { StoredModel } from './stored.ts';

export const MODEL_FILE = 'model.onnx';
export const DATA_FILE = 'model.onnx_data';
/** Rotary tables of longer contexts would be larger than small models. */
const LONGEST = 8192;

/** Writes `onnx/model.onnx` over weights that lie in `onnx/model.onnx_data` already. */
export async function writeDecodingModel(folder: string, model: StoredModel): Promise<void> {
  const maxLength = Math.min(model.config.maxLength, LONGEST);
  const graph = fuse(lower(buildDecodingGraph(model, { ...model, maxLength, lengths: 'mask' })));
  const file = resolve(folder, 'onnx', DATA_FILE);
  const bytes = encodeModel(graph, { place: placeInFiles(dirname(file)) });
  await writeFileAtomically(join(folder, 'onnx', MODEL_FILE), bytes);
}
