/**
 * The weights of a model in blocks of 4 or 8 bits as int8 with a scale a column, for reading prompts: with many tokens at once
 * ONNX Runtime multiplies these about three times as fast (measured: 640 against 220 Gop/s a core). Weights and activations
 * are rounded once more, so that answers change a little.
 */
import { UserError } from '../contract/errors.ts';
import { type Blocks, groupSizeOf, type LinearFormat } from '../models/graphs/quantized-linear.ts';
import { buildScoringGraph } from '../models/graphs/scoring-graph.ts';
import type { StoredModel } from '../models/stored.ts';
import { readConstant, readFloats } from '../models/weights/constants.ts';
import { MESSAGE_BYTES } from '../onnx/encode.ts';
import type { Constant } from '../tensor/graph.ts';
import { float32, tensor } from '../tensor/tensor.ts';

/** What a decoding graph is built from. */
export interface PromptWeights {
  readonly weights: ReadonlyMap<string, Constant>;
  readonly formats: ReadonlyMap<string, LinearFormat>;
}

const LARGEST = 127;

/** The head computes few rows, and its codes may be the embedding's. */
function convertible({ architecture, config, formats }: StoredModel): [string, Blocks][] {
  const head = architecture.head(config).name;
  return [...formats].flatMap(([name, format]): [string, Blocks][] =>
    format.kind === 'blocks' && [4, 8].includes(format.bits) && name !== head ? [[name, format]] : [],
  );
}

/** Whether prompts can be read in int8. */
export const inBlocks = (model: StoredModel): boolean => convertible(model).length > 0;

/** @throws UserError arguments/incompatible where no weights are in blocks of 4 or 8 bits, or too many */
export async function promptWeights(model: StoredModel): Promise<PromptWeights> {
  const modules = convertible(model);
  if (modules.length === 0) {
    const text = 'prompts are read in int8 only by models quantized to 4 or 8 bits in blocks';
    throw new UserError('arguments/incompatible', text);
  }
  const { linears } = buildScoringGraph(model, 1);
  const weights = new Map<string, Constant>(model.weights);
  const formats = new Map(model.formats);
  let bytes = 0;
  for (const [name, format] of modules) {
    const { codes, scales } = await columnsOf(model, name, format, linears.get(name)!.inputs);
    bytes += codes.data.length;
    if (bytes > MESSAGE_BYTES) {
      throw new UserError('arguments/incompatible', 'the model is too large for prompts in int8');
    }
    weights.set(`${name}.weight.columns`, codes);
    weights.set(`${name}.weight.column_scales`, scales);
    formats.set(name, { kind: 'dynamic-int8', byToken: true });
  }
  return { weights, formats };
}

/** [in, out] int8 and [out] float32. */
async function columnsOf({ weights }: StoredModel, name: string, format: Blocks, inputs: number) {
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
  const codes = new Int8Array(inputs * outputs);
  const scales = new Float32Array(outputs);
  const row = new Float32Array(inputs);
  for (let r = 0; r < outputs; r++) {
    readRow(row, blocks, r, outputs, format);
    let most = 0;
    for (let i = 0; i < inputs; i++) most = Math.max(most, Math.abs(row[i]));
    const scale = most / LARGEST || 1;
    scales[r] = scale;
    const perScale = 1 / scale;
    for (let i = 0, at = r; i < inputs; i++, at += outputs) codes[at] = Math.round(row[i] * perScale);
  }
  return { codes: tensor('int8', [inputs, outputs], codes), scales: float32([outputs], scales) };
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
