/** Writes every tensor of a model into a data file, linear layers, embeddings and head in their quantized form. */
import type { Described } from '../../models/architectures/index.ts';
import type { LinearSpec } from '../../models/architectures/kit.ts';
import type { LinearFormat } from '../../models/graphs/quantized-linear.ts';
import type { Model } from '../../models/model.ts';
import { readFloats } from '../../models/weights/constants.ts';
import type { DataFile } from '../../onnx/data-file.ts';
import { encodeFloat16 } from '../../tensor/half.ts';
import { quantizeInt8Rows, quantizeRtn } from './rtn.ts';

/** The stored form of each module's weight; those not listed stay floats. */
export type Formats = ReadonlyMap<string, LinearFormat>;

export interface ModelParts {
  readonly linears: ReadonlyMap<string, LinearSpec>;
  /** The module whose rows are looked up by token ids. */
  readonly embedding: string;
  readonly head: ReturnType<Described['architecture']['head']>;
}

/** [out, in], however the file has it. */
async function readMatrix(model: Model, name: string, spec: LinearSpec): Promise<Float32Array> {
  const stored = await readFloats(model.weights.get(`${name}.weight`)!);
  if (spec.layout !== 'in-out') return stored;
  const matrix = new Float32Array(stored.length);
  for (let i = 0; i < spec.inputs; i++) {
    for (let o = 0; o < spec.outputs; o++) matrix[o * spec.inputs + i] = stored[i * spec.outputs + o];
  }
  return matrix;
}

/** @param onTensor called after each tensor with how many are done */
export async function writeTensors(
  file: DataFile,
  model: Model,
  parts: ModelParts,
  formats: Formats,
  onTensor: (done: number, total: number) => void,
): Promise<void> {
  const { config } = model;
  const total = model.weightSpecs.length;
  const headSpec: LinearSpec = { inputs: parts.head.width, outputs: parts.head.vocabulary };
  let done = 0;
  for (const { name, shape } of model.weightSpecs) {
    const module = name.replace(/\.weight$/, '');
    const format = formats.get(module);
    const spec = parts.linears.get(module) ?? headSpec;
    if (format && name.endsWith('.weight')) {
      await writeQuantized(file, module, await readMatrix(model, module, spec), spec, format);
      if (module === parts.embedding) addRows(file, module, config.vocabulary, spec.inputs, format);
    } else {
      const values = await readFloats(model.weights.get(name)!);
      // What is large and not quantized is at least halved; norms and biases cost nothing.
      if (module === parts.embedding) await file.add(name, 'float16', shape, encodeFloat16(values));
      else await file.add(name, 'float32', shape, values);
    }
    onTensor(++done, total);
  }
}

async function writeQuantized(
  file: DataFile,
  module: string,
  matrix: Float32Array,
  { inputs, outputs }: LinearSpec,
  format: LinearFormat,
): Promise<void> {
  const path = `${module}.weight`;
  if (format.kind === 'dynamic-int8') {
    const { codes, scales } = quantizeInt8Rows(matrix, outputs, inputs);
    const columns = new Int8Array(codes.length);
    for (let o = 0; o < outputs; o++) for (let i = 0; i < inputs; i++) columns[i * outputs + o] = codes[o * inputs + i];
    await file.add(`${path}.columns`, 'int8', [inputs, outputs], columns);
    await file.add(`${path}.column_scales`, 'float32', [outputs], scales);
    return;
  }
  const { blockSize, bits, zeroPoints } = format;
  const options = { bits: bits as 4 | 8, groupSize: blockSize, symmetric: !zeroPoints };
  const blocks = quantizeRtn(matrix, outputs, inputs, options);
  await file.add(`${path}.codes`, 'uint8', [outputs, blocks.groups, (blockSize * bits) / 8], blocks.codes);
  await file.add(`${path}.scales`, 'float32', [outputs, blocks.groups], blocks.scales);
  if (blocks.zeroPoints) {
    const shape = [outputs, blocks.zeroPoints.length / outputs];
    await file.add(`${path}.zero_points`, 'uint8', shape, blocks.zeroPoints);
  }
}

/** The embedding reads the very bytes that the head multiplies with. */
function addRows(file: DataFile, module: string, rows: number, width: number, format: LinearFormat): void {
  if (format.kind !== 'blocks') throw new Error('an embedding is stored in blocks');
  const path = `${module}.weight`;
  file.alias(`${path}.rows`, `${path}.codes`, [rows, (width * format.bits) / 8]);
  file.alias(`${path}.row_scales`, `${path}.scales`, [rows, width / format.blockSize]);
  if (!format.zeroPoints) return;
  const zeros = file.tensors[`${path}.zero_points`];
  file.alias(`${path}.row_zero_points`, `${path}.zero_points`, zeros.shape);
}
