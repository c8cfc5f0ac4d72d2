/** Writes every tensor of a model into a data file, linear layers, embeddings and head in their quantized form. */
import type { Described } from '../../models/architectures/index.ts';
import type { LinearSpec } from '../../models/architectures/kit.ts';
import { containerOf, planeName, planesOf, splitPlanes } from '../../models/graphs/bit-planes.ts';
import type { LinearFormat } from '../../models/graphs/quantized-linear.ts';
import type { Model } from '../../models/model.ts';
import type { DataFile } from '../../onnx/data-file.ts';
import type { DType, TypedArray } from '../../tensor/dtype.ts';
import { encodeFloat16 } from '../../tensor/half.ts';
import type { Formats, Rounder } from './rounder.ts';
import { quantizeInt8Rows } from './rtn.ts';

export interface ModelParts {
  readonly linears: ReadonlyMap<string, LinearSpec>;
  /** The module whose rows are looked up by token ids. */
  readonly embedding: string;
  readonly head: ReturnType<Described['architecture']['head']>;
}

/** @param onTensor called after each tensor with how many are done */
export async function writeTensors(
  file: DataFile,
  model: Model,
  parts: ModelParts,
  formats: Formats,
  rounder: Rounder,
  onTensor: (done: number, total: number) => void,
): Promise<void> {
  const total = model.weightSpecs.length;
  const headSpec: LinearSpec = { inputs: parts.head.width, outputs: parts.head.vocabulary };
  const specOf = (module: string) => parts.linears.get(module) ?? headSpec;
  let done = 0;
  for (const run of runsOf(model.weightSpecs, formats)) {
    const planes = new Planes();
    for (const { name, shape } of run) {
      const module = name.replace(/\.weight$/, '');
      const format = name.endsWith('.weight') ? formats.get(module) : undefined;
      if (format) {
        await addQuantized(planes, module, rounder, specOf(module), format);
      } else {
        const values = await rounder.floats(name);
        // What is large and not quantized is at least halved; norms and biases cost nothing.
        if (module === parts.embedding) planes.add(name, 'float16', shape, encodeFloat16(values));
        else planes.add(name, 'float32', shape, values);
      }
      onTensor(++done, total);
    }
    await planes.write(file);
    const table = run.find(({ name }) => name === `${parts.embedding}.weight`);
    const format = table && formats.get(parts.embedding);
    if (format) addRows(file, parts.embedding, model.config.vocabulary, specOf(parts.embedding).inputs, format);
  }
}

type Spec = Model['weightSpecs'][number];

/**
 * Cuts the list of weights so that neighbouring linear layers with as many inputs and the same form (query, key and
 * value; gate and up), with their biases, are written together.
 */
function runsOf(specs: readonly Spec[], formats: Formats): Spec[][] {
  const runs: Spec[][] = [];
  let last = '';
  for (const spec of specs) {
    const module = spec.name.replace(/\.(weight|bias)$/, '');
    const format = formats.get(module);
    const inputs = spec.name.endsWith('.bias') ? undefined : spec.shape[1];
    const key = format ? JSON.stringify(format) : '';
    const joins = key !== '' && (inputs === undefined ? last.startsWith(key) : last === `${key}${inputs}`);
    if (joins) runs.at(-1)?.push(spec);
    else runs.push([spec]);
    if (!joins) last = `${key}${inputs ?? ''}`;
  }
  return runs;
}

interface Part {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TypedArray;
}

/**
 * Tensors that are written kind by kind: all codes, then all scales. So those of layers that read the same input are
 * neighbours, and the decoding graph multiplies by all of them at once through one longer view (`pack-products`).
 */
class Planes {
  readonly #planes = new Map<string, Part[]>();

  /** What follows the module's `.weight` or `.bias` is the kind. */
  add(name: string, dtype: DType, shape: readonly number[], data: TypedArray): void {
    const kind = /\.(weight|bias)(\.\w+)?$/.exec(name)?.[0] ?? name;
    this.#planes.set(kind, [...(this.#planes.get(kind) ?? []), { name, dtype, shape, data }]);
  }

  async write(file: DataFile): Promise<void> {
    for (const parts of this.#planes.values()) {
      for (const { name, dtype, shape, data } of parts) await file.add(name, dtype, shape, data);
    }
  }
}

/** Codes, scales and zero points under names of their own. */
async function addQuantized(
  planes: Planes,
  module: string,
  rounder: Rounder,
  spec: LinearSpec,
  format: LinearFormat,
): Promise<void> {
  const { inputs, outputs } = spec;
  const path = `${module}.weight`;
  if (format.kind === 'dynamic-int8') {
    const { codes, scales } = quantizeInt8Rows(await rounder.matrix(module, spec), outputs, inputs);
    const columns = new Int8Array(codes.length);
    for (let o = 0; o < outputs; o++) for (let i = 0; i < inputs; i++) columns[i * outputs + o] = codes[o * inputs + i];
    planes.add(`${path}.columns`, 'int8', [inputs, outputs], columns);
    planes.add(`${path}.column_scales`, 'float32', [outputs], scales);
    return;
  }
  const { blockSize, bits, perRow } = format;
  const blocks = await rounder.blocks(module, spec);
  const stretches = Math.ceil(inputs / blockSize);
  if (planesOf(bits).length > 0) {
    splitPlanes(blocks.codes, outputs, bits).forEach((bytes, i) => {
      planes.add(planeName(path, i), 'uint8', [outputs, 1, bytes.length / outputs], bytes);
    });
  } else planes.add(`${path}.codes`, 'uint8', [outputs, stretches, (blockSize * bits) / 8], blocks.codes);
  const shape = [outputs, blocks.groups];
  if (format.scales === 'float16') planes.add(`${path}.scales`, 'float16', shape, encodeFloat16(blocks.scales));
  else planes.add(`${path}.scales`, 'float32', shape, blocks.scales);
  if (blocks.zeroPoints) {
    const width = blocks.zeroPoints.length / outputs;
    const points = perRow ? blocks.zeroPoints.map((zero) => fillByte(zero, bits)) : blocks.zeroPoints;
    planes.add(`${path}.zero_points`, 'uint8', [outputs, width], points);
  }
}

/** The one zero point of a row in all places of a byte: bytes are what is repeated. */
const fillByte = (zero: number, bits: number): number =>
  zero * { 2: 0b01010101, 4: 0b00010001, 8: 1 }[containerOf(bits)];

/** The embedding reads the very bytes that the head multiplies with. */
function addRows(file: DataFile, module: string, rows: number, width: number, format: LinearFormat): void {
  if (format.kind !== 'blocks') throw new Error('an embedding is stored in blocks');
  const path = `${module}.weight`;
  // Codes in planes are put together in the graph, for both.
  if (planesOf(format.bits).length === 0) {
    file.alias(`${path}.rows`, `${path}.codes`, [rows, (width * format.bits) / 8]);
  }
  file.alias(`${path}.row_scales`, `${path}.scales`, [rows, format.perRow ? 1 : width / format.blockSize]);
  if (!format.zeroPoints) return;
  const zeros = file.tensors[`${path}.zero_points`];
  file.alias(`${path}.row_zero_points`, `${path}.zero_points`, zeros.shape);
}
