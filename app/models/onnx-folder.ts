/** Models that are ONNX graphs and nothing more to Lathe: found in a file or folder, counted, described. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { withFileErrors } from '../files/file-errors.ts';
import type { OnnxModel } from '../onnx/decode.ts';
import { type DType, isFloat } from '../tensor/dtype.ts';
import type { Constant, Graph, Node } from '../tensor/graph.ts';
import { sizeOf } from '../tensor/tensor.ts';

const isOnnx = (name: string): boolean => extname(name).toLowerCase() === '.onnx';

const there = (path: string): Promise<boolean> =>
  stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );

/**
 * The ONNX files of a model: the file itself; of a folder `onnx/model.onnx` or `model.onnx`, else all there (an encoder
 * and a decoder). Nothing where the folder has weights of another kind, which say more.
 * @throws UserError file/not-found
 */
export async function findOnnx(path: string): Promise<string[]> {
  const stats = await withFileErrors(path, () => stat(path));
  if (!stats.isDirectory()) return isOnnx(path) ? [path] : [];
  const names = await withFileErrors(path, () => readdir(path));
  if (names.some((name) => /\.safetensors(\.index\.json)?$|^lathe-weights\.json$/.test(name))) return [];
  for (const folder of [join(path, 'onnx'), path]) {
    if (await there(join(folder, 'model.onnx'))) return [join(folder, 'model.onnx')];
    const found = (await readdir(folder).catch((): string[] => [])).filter(isOnnx).sort();
    if (found.length > 0) return found.map((name) => join(folder, name));
  }
  return [];
}

/** Where configuration and tokenizer of an ONNX file lie: beside it, or beside the folder `onnx`. */
export async function companionsOf(file: string): Promise<string> {
  const folder = dirname(file);
  return (await there(join(folder, 'config.json'))) || !(await there(join(dirname(folder), 'config.json')))
    ? folder
    : dirname(folder);
}

/** What config.json says, where there is one. @throws UserError model/bad-config */
export async function onnxConfig(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await readFile(join(folder, 'config.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return {};
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  } catch (cause) {
    throw new UserError('model/bad-config', `${folder}/config.json is not JSON`, { cause });
  }
  throw new UserError('model/bad-config', `${folder}/config.json is not an object`);
}

const WEIGHT_TYPES: ReadonlySet<DType> = new Set(['int8', 'uint8', 'int4', 'uint4', 'float8e4m3fn', 'float8e5m2']);

/**
 * Weights of a graph and its subgraphs: elements of its floating-point and 8- and 4-bit constants. Of operators that pack
 * several weights into a byte, the weights count and their scales and zero points don't.
 */
export function countParameters(graph: Graph): number {
  const packed = new Map<string, number>();
  let count = 0;
  for (const node of graph.nodes) {
    if (node.op === 'MatMulNBits') {
      const [, weights, ...scales] = node.inputs;
      if (weights) packed.set(weights.name, integer(node, 'K') * integer(node, 'N'));
      for (const scale of scales) if (scale) packed.set(scale.name, 0);
    }
    for (const attribute of Object.values(node.attributes)) {
      if (attribute.type === 'graph') count += countParameters(attribute.value);
      else if (attribute.type === 'graphs') for (const inner of attribute.value) count += countParameters(inner);
      else if (attribute.type === 'tensor' && node.op === 'Constant') count += weightsIn(attribute.value);
    }
  }
  for (const [name, constant] of graph.constants) count += packed.get(name) ?? weightsIn(constant);
  return count;
}

const weightsIn = ({ dtype, shape }: Constant): number =>
  isFloat(dtype) || WEIGHT_TYPES.has(dtype) ? sizeOf(shape) : 0;

function integer(node: Node, name: string): number {
  const attribute = node.attributes[name];
  return attribute?.type === 'int' ? attribute.value : 0;
}

export interface OnnxFacts {
  readonly architecture: string;
  readonly parameters: number;
  /** 0 where the model does not say. */
  readonly contextLength: number;
  readonly vocabulary: number;
  readonly layers: number;
  readonly width: number;
}

export function onnxFacts(models: readonly OnnxModel[], config: Readonly<Record<string, unknown>>): OnnxFacts {
  const number = (...keys: readonly string[]): number => {
    const found = keys.map((key) => config[key]).find((v) => typeof v === 'number' && Number.isSafeInteger(v) && v > 0);
    return (found as number | undefined) ?? 0;
  };
  return {
    architecture: typeof config.model_type === 'string' ? config.model_type : 'onnx',
    parameters: models.reduce((n, { graph }) => n + countParameters(graph), 0),
    contextLength: number('max_position_embeddings', 'n_positions', 'n_ctx'),
    vocabulary: number('vocab_size'),
    layers: number('num_hidden_layers', 'n_layer', 'num_layers'),
    width: number('hidden_size', 'n_embd', 'd_model'),
  };
}
