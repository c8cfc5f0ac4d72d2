/** Writes the decoding graph of a model as ONNX, its weights in a data file beside it. */
import { dirname, join, resolve } from 'node:path';
import { writeFileAtomically } from '../files/atomic.ts';
import { encodeModel, placeInFiles } from '../onnx/encode.ts';
import { fuse } from '../onnx/fusions/index.ts';
import type { AnyValue, Graph } from '../tensor/graph.ts';
import { lower } from '../tensor/lower.ts';
import { buildDecodingGraph } from './graphs/decoding-graph.ts';
import type { StoredModel } from './stored.ts';

export const MODEL_FILE = 'model.onnx';
export const DATA_FILE = 'model.onnx_data';
/** Rotary tables of longer contexts would be larger than small models. */
export const LONGEST = 8192;

/** Writes `onnx/model.onnx` over weights that lie in `onnx/model.onnx_data` already. */
export const writeDecodingModel = (folder: string, model: StoredModel): Promise<void> =>
  writeDecodingFile(join(folder, 'onnx', MODEL_FILE), model);

/**
 * Writes a decoding graph to `path`; the model's weights lie in files of the same folder.
 * @param valueTypes also say the types of values inside, for readers that cannot infer them
 * @param rewrite what the runtime that reads it needs
 */
export async function writeDecodingFile(
  path: string,
  model: StoredModel,
  valueTypes = false,
  rewrite: (graph: Graph) => Graph = (graph) => graph,
): Promise<void> {
  const maxLength = Math.min(model.config.maxLength, LONGEST);
  const graph = fuse(lower(buildDecodingGraph(model, { ...model, maxLength, lengths: 'mask' })));
  await writeFileAtomically(
    path,
    encodeModel(withPublicAxes(rewrite(graph)), { valueTypes, place: placeInFiles(dirname(resolve(path))) }),
  );
}

/** Axes by the names that other exporters give them: transformers.js makes its first cache from `batch_size`. */
const AXES: Readonly<Record<string, string>> = {
  batch: 'batch_size',
  length: 'sequence_length',
  past: 'past_sequence_length',
  total: 'total_sequence_length',
};

function withPublicAxes(graph: Graph): Graph {
  const rename = <T extends AnyValue>(value: T): T => ({
    ...value,
    shape: value.shape?.map((axis) => (typeof axis === 'string' ? (AXES[axis] ?? axis) : axis)),
  });
  const nodes = graph.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map((value) => value && rename(value)),
    outputs: node.outputs.map((value) => value && rename(value)),
  }));
  return { ...graph, nodes, inputs: graph.inputs.map(rename), outputs: graph.outputs.map(rename) };
}
