/**
 * The weights of a model in blocks of 4 or 8 bits as int8 with a scale a column, for reading prompts: with many tokens at once
 * ONNX Runtime multiplies these about three times as fast (measured: 640 against 220 Gop/s a core). Weights and activations
 * are rounded once more. What that costs is kept to what rounding activations block by block, as these models do anyway,
 * costs: inputs made by a norm are evened out by scales that the norm takes back, and layers of which a sample text says that
 * they would lose much stay in blocks.
 */
import { UserError } from '../contract/errors.ts';
import { type Blocks, groupSizeOf, type LinearFormat } from '../models/graphs/quantized-linear.ts';
import type { StoredModel } from '../models/stored.ts';
import { readConstant, readFloats } from '../models/weights/constants.ts';
import { MESSAGE_BYTES } from '../onnx/encode.ts';
import type { Constant } from '../tensor/graph.ts';
import { float32, tensor } from '../tensor/tensor.ts';
import { sampleIds } from './cache-sample.ts';
import type { CodesFile } from './codes-file.ts';
import type { GraphOptions } from './open-graph.ts';
import { type SampledGroup, sampleInputs } from './prompt-inputs.ts';
import { columnSquares, expectedError, roundToColumns, smoothingScales } from './prompt-rounding.ts';

/** What a decoding graph is built from. */
export interface PromptWeights {
  readonly weights: ReadonlyMap<string, Constant>;
  readonly formats: ReadonlyMap<string, LinearFormat>;
}

/**
 * Errors from which on layers stay in blocks: as a share of their results, or of the hidden states that these are added to. In
 * SmolLM2 inputs from norms cost 1.0 to 1.3 %, without scales 2 to 7; attention's results .2 to .8 % of the hidden states;
 * down projections .3 to 1.7, and with all of them in int8 the divergence is three times as large.
 */
const MOST = { ofResults: 0.015, ofSums: 0.004 };

/** The head computes few rows, and its codes may be the embedding's. */
function convertible({ architecture, config, formats }: StoredModel): ReadonlyMap<string, Blocks> {
  const head = architecture.head(config).name;
  return new Map(
    [...formats].flatMap(([name, format]): [string, Blocks][] =>
      format.kind === 'blocks' && [4, 8].includes(format.bits) && name !== head ? [[name, format]] : [],
    ),
  );
}

/** Whether prompts can be read in int8. */
export const inBlocks = (model: StoredModel): boolean => convertible(model).size > 0;

/**
 * @param file where the codes go; absent: they stay in memory
 * @throws UserError arguments/incompatible where no weights are in blocks of 4 or 8 bits, or too many; disk/full
 */
export async function promptWeights(
  model: StoredModel,
  options: GraphOptions & { readonly sample?: ArrayLike<number> } = {},
  file?: CodesFile,
): Promise<PromptWeights> {
  const blocks = convertible(model);
  if (blocks.size === 0) {
    const text = 'prompts are read in int8 only by models quantized to 4 or 8 bits in blocks';
    throw new UserError('arguments/incompatible', text);
  }
  const sample = options.sample ?? (await sampleIds(model.folder));
  const weights = new Map<string, Constant>(model.weights);
  const formats = new Map(model.formats);
  const memory = file ? reusedMemory() : (length: number) => new Int8Array(length);
  let bytes = 0;
  for (const group of await sampleInputs(model, new Set(blocks.keys()), sample, options)) {
    const { modules, norm, width } = group;
    const matrices = await Promise.all(modules.map((name) => openBlocks(model, name, blocks.get(name)!, width)));
    const scales = scalesFor(group, matrices);
    if (!scales) continue;
    for (const [i, name] of modules.entries()) {
      const { rows } = matrices[i];
      bytes += rows * width;
      if (!file && bytes > MESSAGE_BYTES) {
        throw new UserError('arguments/incompatible', 'the model is too large for prompts in int8');
      }
      const codes = memory(rows * width);
      const steps = toColumns(matrices[i], scales, codes);
      const columns = tensor('int8', [width, rows], codes);
      weights.set(`${name}.weight.columns`, file ? await file.add(columns) : columns);
      weights.set(`${name}.weight.column_scales`, float32([rows], steps));
      formats.set(name, { kind: 'dynamic-int8', byToken: true });
    }
    for (const name of norm ?? []) {
      const stored = await readFloats(weights.get(name)!);
      weights.set(
        name,
        float32(
          [width],
          Float32Array.from(stored, (w, i) => w / scales[i]),
        ),
      );
    }
  }
  return { weights, formats };
}

/** The same memory each time: what is dropped stays there until it is collected. */
function reusedMemory(): (length: number) => Int8Array {
  let memory = new Int8Array(0);
  return (length) => {
    if (memory.length < length) memory = new Int8Array(length);
    return memory.subarray(0, length);
  };
}

/** Rows of a group that stand for all where scales are sought. */
const LOOKED_AT = 256;

/** By which inputs are divided; undefined where too much would be lost still. */
function scalesFor({ norm, inputs, width, sums }: SampledGroup, matrices: readonly StoredBlocks[]) {
  const all = matrices.reduce((sum, { rows }) => sum + rows, 0);
  const every = Math.max(1, Math.floor(all / LOOKED_AT));
  const looked = matrices.flatMap((matrix) =>
    Array.from({ length: Math.ceil(matrix.rows / every) }, (_, i) => ({ matrix, row: i * every })),
  );
  const weights = { values: new Float32Array(looked.length * width), width };
  for (const [i, { matrix, row }] of looked.entries()) {
    readRow(weights.values, i * width, matrix, row);
  }
  const read = { values: inputs, width };
  const scales = norm ? smoothingScales(read, columnSquares(weights)) : new Float32Array(width).fill(1);
  const error = expectedError(
    read,
    weights,
    scales,
    sums?.map((sum) => (sum * looked.length) / all),
  );
  return error <= (sums ? MOST.ofSums : MOST.ofResults) ? scales : undefined;
}

/** Rows that are rounded together: these and where they are written to stay in a processor's cache. */
const TOGETHER = 64;

/** @param codes gets the codes, [in, out]; @returns what they stand for, [out] */
function toColumns(matrix: StoredBlocks, scales: Float32Array, codes: Int8Array): Float32Array {
  const { rows, width } = matrix;
  const steps = new Float32Array(rows);
  const values = new Float32Array(TOGETHER * width);
  for (let first = 0; first < rows; first += TOGETHER) {
    const count = Math.min(TOGETHER, rows - first);
    for (let r = 0; r < count; r++) readRow(values, r * width, matrix, first + r);
    roundToColumns({ values: values.subarray(0, count * width), width }, scales, codes, steps, first);
  }
  return steps;
}

interface StoredBlocks {
  readonly format: Blocks;
  readonly rows: number;
  readonly width: number;
  readonly codes: Uint8Array;
  readonly steps: Float32Array;
  readonly zeros: Uint8Array | undefined;
}

async function openBlocks(
  { weights }: StoredModel,
  name: string,
  format: Blocks,
  width: number,
): Promise<StoredBlocks> {
  const part = (kind: string): Constant => {
    const constant = weights.get(`${name}.weight.${kind}`);
    if (!constant) throw new UserError('weights/missing', `the weight ${name}.weight.${kind} is missing`);
    return constant;
  };
  const { data, shape } = await readConstant(part('codes'));
  const steps = await readFloats(part('scales'));
  const zeros = format.zeroPoints ? ((await readConstant(part('zero_points'))).data as Uint8Array) : undefined;
  return { format, rows: shape[0], width, codes: data as Uint8Array, steps, zeros };
}

/** (code - zero point) * step of each weight of a row, written from `to` on. */
function readRow(values: Float32Array, to: number, blocks: StoredBlocks, r: number): void {
  const { format, rows, width, codes, steps, zeros } = blocks;
  const { bits } = format;
  const group = groupSizeOf(format, width);
  const groups = steps.length / rows;
  const zeroStart = zeros ? (r * zeros.length) / rows : 0;
  // Groups begin with a byte.
  let from = (r * codes.length) / rows;
  for (let g = 0; g < groups; g++) {
    const step = steps[r * groups + g];
    const zero = zeros ? codeAt(zeros, zeroStart, g, bits) : 2 ** (bits - 1);
    const end = to + Math.min(width, (g + 1) * group);
    let at = to + g * group;
    if (bits === 8) while (at < end) values[at++] = (codes[from++] - zero) * step;
    else {
      for (; at + 1 < end; at += 2) {
        const byte = codes[from++];
        values[at] = ((byte & 15) - zero) * step;
        values[at + 1] = ((byte >> 4) - zero) * step;
      }
      if (at < end) values[at] = ((codes[from++] & 15) - zero) * step;
    }
  }
}

const codeAt = (bytes: Uint8Array, from: number, i: number, bits: number): number =>
  bits === 8 ? bytes[from + i] : (bytes[from + (i >> 1)] >> ((i & 1) * 4)) & 15;
