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
import type { DecoderOptions } from './decoding-session.ts';
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

/** @throws UserError arguments/incompatible where no weights are in blocks of 4 or 8 bits, or too many */
export async function promptWeights(model: StoredModel, options: DecoderOptions = {}): Promise<PromptWeights> {
  const blocks = convertible(model);
  if (blocks.size === 0) {
    const text = 'prompts are read in int8 only by models quantized to 4 or 8 bits in blocks';
    throw new UserError('arguments/incompatible', text);
  }
  const sample = options.sample ?? (await sampleIds(model.folder));
  const weights = new Map<string, Constant>(model.weights);
  const formats = new Map(model.formats);
  let bytes = 0;
  for (const group of await sampleInputs(model, new Set(blocks.keys()), sample, options)) {
    const { modules, norm, width } = group;
    const matrices = [];
    for (const name of modules) matrices.push(await rowsOf(model, name, blocks.get(name)!, width));
    const scales = scalesFor(group, matrices);
    if (!scales) continue;
    bytes += matrices.reduce((sum, { length }) => sum + length, 0);
    if (bytes > MESSAGE_BYTES) {
      throw new UserError('arguments/incompatible', 'the model is too large for prompts in int8');
    }
    for (const [i, name] of modules.entries()) {
      const rows = matrices[i].length / width;
      const codes = new Int8Array(matrices[i].length);
      const steps = new Float32Array(rows);
      roundToColumns({ values: matrices[i], width }, scales, codes, steps);
      weights.set(`${name}.weight.columns`, tensor('int8', [width, rows], codes));
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

/** By which inputs are divided; undefined where too much would be lost still. */
function scalesFor({ norm, inputs, width, sums }: SampledGroup, matrices: readonly Float32Array[]) {
  const squares = columnSquares(matrices, width);
  const rows = { values: inputs, width };
  const scales = norm ? smoothingScales(rows, squares) : new Float32Array(width).fill(1);
  const error = expectedError(rows, matrices, scales, squares, sums);
  return error <= (sums ? MOST.ofSums : MOST.ofResults) ? scales : undefined;
}

/** The weights that a module's blocks stand for, [out, in]. */
async function rowsOf({ weights }: StoredModel, name: string, format: Blocks, inputs: number): Promise<Float32Array> {
  const part = (kind: string): Constant => {
    const constant = weights.get(`${name}.weight.${kind}`);
    if (!constant) throw new UserError('weights/missing', `the weight ${name}.weight.${kind} is missing`);
    return constant;
  };
  const stored = await readConstant(part('codes'));
  const outputs = stored.shape[0];
  const blocks = {
    codes: stored.data as Uint8Array,
    steps: await readFloats(part('scales')),
    zeros: format.zeroPoints ? ((await readConstant(part('zero_points'))).data as Uint8Array) : undefined,
  };
  const values = new Float32Array(outputs * inputs);
  for (let r = 0; r < outputs; r++) {
    readRow(values.subarray(r * inputs, (r + 1) * inputs), blocks, r, outputs, format);
  }
  return values;
}
interface StoredBlocks {
  readonly codes: Uint8Array;
  readonly steps: Float32Array;
  readonly zeros: Uint8Array | undefined;
}

/** (code - zero point) * step of each weight of a row. */
function readRow(row: Float32Array, blocks: StoredBlocks, r: number, rows: number, format: Blocks): void {
  const { codes, steps, zeros } = blocks;
  const { bits } = format;
  const group = groupSizeOf(format, row.length);
  const start = (r * codes.length) / rows;
  const groups = steps.length / rows;
  const zeroStart = zeros ? (r * zeros.length) / rows : 0;
  for (let g = 0; g < groups; g++) {
    const step = steps[r * groups + g];
    const zero = zeros ? codeAt(zeros, zeroStart, g, bits) : 2 ** (bits - 1);
    const [begin, end] = [g * group, Math.min(row.length, (g + 1) * group)];
    if (bits === 8) for (let i = begin; i < end; i++) row[i] = (codes[start + i] - zero) * step;
    else {
      // Groups begin with a byte.
      for (let i = begin, at = start + begin / 2; i < end; i += 2, at++) {
        const byte = codes[at];
        row[i] = ((byte & 15) - zero) * step;
        if (i + 1 < end) row[i + 1] = ((byte >> 4) - zero) * step;
      }
    }
  }
}

const codeAt = (bytes: Uint8Array, from: number, i: number, bits: number): number =>
  bits === 8 ? bytes[from + i] : (bytes[from + (i >> 1)] >> ((i & 1) * 4)) & 15;
