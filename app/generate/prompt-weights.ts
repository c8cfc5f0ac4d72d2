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
import { ColumnKernels, type StoredBlocks } from './column-kernels.ts';
import type { GraphOptions } from './open-graph.ts';
import { type SampledGroup, sampleInputs } from './prompt-inputs.ts';
import { columnSquares, expectedError, smoothingScales } from './prompt-rounding.ts';

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
  const kernels = new ColumnKernels();
  let bytes = 0;
  for (const group of await sampleInputs(model, new Set(blocks.keys()), sample, options)) {
    const { modules, norm, width } = group;
    const matrices = await Promise.all(modules.map((name) => openBlocks(model, name, blocks.get(name)!, width)));
    const scales = scalesFor(group, matrices, kernels);
    if (!scales) continue;
    for (const [i, name] of modules.entries()) {
      const { rows } = matrices[i];
      bytes += rows * width;
      if (!file && bytes > MESSAGE_BYTES) {
        throw new UserError('arguments/incompatible', 'the model is too large for prompts in int8');
      }
      const { codes, steps } = kernels.columns(matrices[i], scales);
      const columns = tensor('int8', [width, rows], file ? codes : codes.slice());
      weights.set(`${name}.weight.columns`, file ? await file.add(columns) : columns);
      weights.set(`${name}.weight.column_scales`, float32([rows], steps));
      formats.set(name, { kind: 'dynamic-int8', byToken: true });
    }
    for (const { name, offset } of norm ?? []) {
      const stored = await readFloats(weights.get(name)!);
      const divided = Float32Array.from(stored, (w, i) => (w + offset) / scales[i] - offset);
      weights.set(name, float32([width], divided));
    }
  }
  return { weights, formats };
}

/** Rows of a group that stand for all where scales are sought. */
const LOOKED_AT = 256;

/** By which inputs are divided; undefined where too much would be lost still. */
function scalesFor(
  { norm, inputs, width, sums }: SampledGroup,
  matrices: readonly StoredBlocks[],
  kernels: ColumnKernels,
) {
  const all = matrices.reduce((sum, { rows }) => sum + rows, 0);
  const every = Math.max(1, Math.floor(all / LOOKED_AT));
  const looked = matrices.map((matrix) =>
    kernels.rows(
      matrix,
      Array.from({ length: Math.ceil(matrix.rows / every) }, (_, i) => i * every),
    ),
  );
  const values = new Float32Array(looked.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const rows of looked) {
    values.set(rows, at);
    at += rows.length;
  }
  const [read, weights] = [
    { values: inputs, width },
    { values, width },
  ];
  const scales = norm ? smoothingScales(read, columnSquares(weights)) : new Float32Array(width).fill(1);
  const share = values.length / width / all;
  const error = expectedError(
    read,
    weights,
    scales,
    sums?.map((sum) => sum * share),
  );
  return error <= (sums ? MOST.ofSums : MOST.ofResults) ? scales : undefined;
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
  const bits = format.bits === 8 ? 8 : 4;
  const [rows] = shape;
  const zeros = new Float32Array(steps.length).fill(2 ** (bits - 1));
  if (format.zeroPoints) {
    const stored = (await readConstant(part('zero_points'))).data as Uint8Array;
    const groups = steps.length / rows;
    for (let r = 0; r < rows; r++) {
      const start = (r * stored.length) / rows;
      for (let g = 0; g < groups; g++) zeros[r * groups + g] = codeAt(stored, start, g, bits);
    }
  }
  return { bits, rows, width, group: groupSizeOf(format, width), codes: data as Uint8Array, steps, zeros };
}

const codeAt = (bytes: Uint8Array, from: number, i: number, bits: number): number =>
  bits === 8 ? bytes[from + i] : (bytes[from + (i >> 1)] >> ((i & 1) * 4)) & 15;
