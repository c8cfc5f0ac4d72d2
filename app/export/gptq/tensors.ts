/** A quantized model's weights as a GPTQ folder holds them: layers packed, embeddings, head, norms and biases in float16. */
import { UserError } from '../../contract/errors.ts';
import type { LinearSpec } from '../../models/architectures/kit.ts';
import type { Blocks } from '../../models/graphs/quantized-linear.ts';
import { buildScoringGraph } from '../../models/graphs/scoring-graph.ts';
import type { StoredModel } from '../../models/stored.ts';
import { readFloats } from '../../models/weights/constants.ts';
import type { TensorToWrite } from '../../models/weights/index.ts';
import { type GptqShape, packCodes, packZeros } from '../../models/weights/packed/gptq.ts';
import type { QuantizedBlocks } from '../../techniques/quantize/rtn.ts';
import { dequantizeBlocks, gridsOf } from '../../techniques/quantize/unpack.ts';
import { decodeFloat16, encodeFloat16 } from '../../tensor/half.ts';
import { transpose } from '../../tensor/transpose-matrix.ts';
import { groupSizeIn, readBlocks } from '../stored-blocks.ts';

/** How all packed layers are stored: what `quantization_config` says of them. */
export interface PackedForm {
  readonly bits: number;
  /** Inputs that share a scale; -1: all of a row. */
  readonly groupSize: number;
  readonly symmetric: boolean;
  /** Readers of the first form add one to all zeros at once, which a zero of 0 does not survive. */
  readonly format: 'gptq' | 'gptq_v2';
}

export interface PackedLayer {
  readonly module: string;
  readonly spec: LinearSpec;
  readonly stored: Blocks;
}

export interface PackedPlan {
  readonly form: PackedForm;
  readonly layers: readonly PackedLayer[];
}

const incompatible = (message: string) => new UserError('arguments/incompatible', message);

/** @throws UserError arguments/incompatible for models whose layers the format cannot hold, or not in one form */
export function planPacking(model: StoredModel): PackedPlan {
  const { linears } = buildScoringGraph(model, 1);
  const { name: head } = model.architecture.head(model.config);
  const layers = [...linears].flatMap(([module, spec]): PackedLayer[] => {
    if (module === head) return [];
    const stored = model.formats.get(module);
    if (stored?.kind !== 'blocks') {
      throw incompatible(
        `gptq holds layers in 2, 4 or 8 bits, ${module} is not: quantize the model with rtn, gptq or awq`,
      );
    }
    return [{ module, spec, stored }];
  });
  const forms = new Map(layers.map((layer) => [JSON.stringify(formOf(layer)), formOf(layer)]));
  if (forms.size !== 1) {
    throw incompatible('its layers differ in bits or groups, which transformers does not read: quantize all alike');
  }
  const [form] = forms.values();
  for (const layer of layers) assertFits(layer, form);
  return { form, layers };
}

function formOf({ stored: { bits, perRow, blockSize, zeroPoints } }: PackedLayer): PackedForm {
  const symmetric = !zeroPoints;
  return { bits, groupSize: perRow ? -1 : blockSize, symmetric, format: symmetric ? 'gptq' : 'gptq_v2' };
}

function assertFits({ module, spec: { inputs, outputs } }: PackedLayer, { bits, groupSize }: PackedForm): void {
  if (![2, 4, 8].includes(bits)) throw incompatible(`gptq holds 2, 4 or 8 bits, not ${bits}`);
  const unit = 32 / bits;
  const size = groupSize === -1 ? inputs : groupSize;
  if (inputs % unit !== 0 || outputs % unit !== 0 || inputs % size !== 0) {
    throw incompatible(`${module} is [${outputs}, ${inputs}], no whole words of ${unit} codes and groups of ${size}`);
  }
}

/** The blocks of one layer as the folder holds them: scales in float16. */
async function readLayer(model: StoredModel, { module, stored }: PackedLayer): Promise<QuantizedBlocks> {
  const blocks = await readBlocks(model, module, stored);
  return { ...blocks, scales: new Float32Array(decodeFloat16(halves(`${module}.scales`, blocks.scales))) };
}

/** What the packed layer stands for, [outputs, inputs], read straight from the source. */
export async function layerValues(model: StoredModel, layer: PackedLayer): Promise<Float32Array> {
  const { inputs, outputs } = layer.spec;
  const blocks = await readLayer(model, layer);
  return dequantizeBlocks(blocks, outputs, inputs, {
    bits: layer.stored.bits,
    groupSize: groupSizeIn(blocks, layer.stored),
  });
}

/** All tensors of the folder. */
export function tensorsOf(model: StoredModel, { form, layers }: PackedPlan): TensorToWrite[] {
  const packed = new Map(layers.map((layer) => [`${layer.module}.weight`, layer]));
  const { weights } = buildScoringGraph(model, 1);
  return weights.flatMap(({ name, shape }): TensorToWrite[] => {
    const layer = packed.get(name);
    if (layer) return layerTensors(model, layer, form);
    return [
      { name, dtype: 'float16', shape, produce: async () => halves(name, await plainValues(model, name, shape)) },
    ];
  });
}

function layerTensors(
  model: StoredModel,
  layer: PackedLayer,
  { bits, groupSize, format }: PackedForm,
): TensorToWrite[] {
  const { inputs, outputs } = layer.spec;
  const groups = groupSize === -1 ? 1 : inputs / groupSize;
  const shape: GptqShape = { inputs, outputs, groups, bits, zeroOffset: format === 'gptq' ? 1 : 0 };
  const name = (part: string) => `${layer.module}.${part}`;
  return [
    {
      name: name('qweight'),
      dtype: 'int32',
      shape: [(inputs * bits) / 32, outputs],
      produce: async () => packCodes((await readLayer(model, layer)).codes, shape),
    },
    {
      name: name('qzeros'),
      dtype: 'int32',
      shape: [groups, (outputs * bits) / 32],
      produce: async () => packZeros(gridsOf(await readLayer(model, layer), { bits }).zeros, shape),
    },
    {
      name: name('g_idx'),
      dtype: 'int32',
      shape: [inputs],
      produce: () => Int32Array.from({ length: inputs }, (_, k) => Math.floor((k * groups) / inputs)),
    },
    {
      name: name('scales'),
      dtype: 'float16',
      shape: [groups, outputs],
      produce: async () => halves(name('scales'), transpose((await readLayer(model, layer)).scales, outputs, groups)),
    },
  ];
}

async function plainValues(
  model: StoredModel,
  name: string,
  [rows, columns]: readonly number[],
): Promise<Float32Array> {
  const module = name.replace(/\.weight$/, '');
  const stored = name.endsWith('.weight') ? model.formats.get(module) : undefined;
  if (!stored) return readFloats(model.weights.get(name)!);
  if (stored.kind !== 'blocks') throw incompatible(`${module} is stored as ${stored.kind}`);
  const blocks = await readBlocks(model, module, stored);
  return dequantizeBlocks(blocks, rows, columns, { bits: stored.bits, groupSize: groupSizeIn(blocks, stored) });
}

/** @throws UserError arguments/incompatible where float16 is too narrow */
function halves(name: string, values: Float32Array): Uint16Array {
  const encoded = encodeFloat16(values);
  if (encoded.some((bits) => (bits & 0x7c00) === 0x7c00)) throw incompatible(`${name} has values beyond float16`);
  return encoded;
}
