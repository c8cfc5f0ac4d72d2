/** A folder whose layers another program packed (GPTQ, AWQ) as a folder of plain weights, tensor by tensor. */
import { UserError } from '../../contract/errors.ts';
import type { ExternalTensor } from '../../tensor/graph.ts';
import { transpose } from '../../tensor/transpose-matrix.ts';
import { describe } from '../architectures/index.ts';
import { assertFinite } from '../finite.ts';
import { buildScoringGraph, type WeightSpec } from '../graphs/scoring-graph.ts';
import { nextStep } from '../lineage.ts';
import { openModel, readConfig } from '../model.ts';
import { type Packing, withoutPacking } from '../packing.ts';
import { type Constants, folderConstants, readConstant, readFloats } from '../weights/constants.ts';
import { unpackAwq } from '../weights/packed/awq.ts';
import { unpackGptq } from '../weights/packed/gptq.ts';
import { writeModelFolder } from '../write-folder.ts';
import type { ImportOptions } from './gguf.ts';

/**
 * Writes `out`. Packed layers become float32, which holds them exactly; others keep their type. Never more than a few
 * times the largest layer in memory.
 * @throws UserError weights/*, model/*, disk/full, file/*
 */
export async function importPacked(
  source: string,
  packing: Packing,
  out: string,
  { signal, onProgress }: ImportOptions = {},
): Promise<void> {
  const config = withoutPacking(await readConfig(source));
  const stored = await folderConstants(source);
  const { linears, weights: specs } = buildScoringGraph(
    describe(config, (tensor) => stored.has(tensor)),
    1,
  );
  const moduleOf = (name: string) => name.replace(/\.weight$/, '');
  const isPacked = ({ name }: WeightSpec) => stored.has(`${moduleOf(name)}.qweight`);
  const model = await openModel(source, { configJson: config, fresh: isPacked });
  let done = 0;
  const values = async ({ name, shape }: WeightSpec): Promise<Float32Array> => {
    signal?.throwIfAborted();
    const module = moduleOf(name);
    const plain = model.weights.get(name);
    const turned = linears.get(module)?.layout === 'in-out';
    const found = plain
      ? await readFloats(plain)
      : await unpack(stored, module, packing, turned ? shape.toReversed() : shape);
    assertFinite(found, name);
    onProgress?.(++done, specs.length);
    return turned && !plain ? transpose(found, shape[1], shape[0]) : found;
  };
  const replaced = new Map(specs.map((spec) => [spec.name, () => values(spec)]));
  await writeModelFolder(out, model, {
    replaced,
    config,
    step: nextStep('import', { source, packed: packing.method }),
  });
}

/**
 * The weight of one layer, [outputs, inputs].
 * @throws UserError weights/missing, weights/wrong-shape, weights/corrupt
 */
async function unpack(
  stored: Constants,
  module: string,
  packing: Packing,
  [outputs, inputs]: readonly number[],
): Promise<Float32Array> {
  const find = (part: string): ExternalTensor => {
    const constant = stored.get(`${module}.${part}`);
    if (!constant) throw new UserError('weights/missing', `${module} is packed, but has no ${part}`);
    return constant;
  };
  const integers = async (part: string, wanted: readonly number[]) => {
    const constant = find(part);
    assertShape(`${module}.${part}`, constant.shape, wanted);
    if (constant.dtype === 'int32') return (await readConstant(constant)).data as Int32Array<ArrayBuffer>;
    throw new UserError('weights/corrupt', `${module}.${part} holds ${constant.dtype}, not int32`);
  };
  const { shape: grid } = find('scales');
  const groups = grid[0];
  assertShape(`${module}.scales`, grid, [groups, outputs]);
  const scales = (await readFloats(find('scales'))) as Float32Array<ArrayBuffer>;
  if (packing.method === 'awq') {
    if (groups === 0 || inputs % groups !== 0 || outputs % 8 !== 0) {
      throw new UserError(
        'weights/wrong-shape',
        `${module} has ${groups} groups of ${inputs} inputs: they do not divide`,
      );
    }
    const qweight = await integers('qweight', [inputs, outputs / 8]);
    return unpackAwq(
      { qweight, qzeros: await integers('qzeros', [groups, outputs / 8]), scales },
      { inputs, outputs, groups },
    );
  }
  // Layers may differ in bits: what they are follows from the number of words.
  const bits = (find('qweight').shape[0] * 32) / inputs;
  if (![2, 3, 4, 8].includes(bits) || groups === 0) {
    throw new UserError('weights/wrong-shape', `${module}.qweight is [${find('qweight').shape}] for ${inputs} inputs`);
  }
  const shape = { inputs, outputs, groups, bits, zeroOffset: packing.zeroOffset };
  const tensors = {
    qweight: await integers('qweight', [(inputs * bits) / 32, outputs]),
    qzeros: await integers('qzeros', [groups, (outputs * bits) / 32]),
    scales,
    groupOf: stored.has(`${module}.g_idx`) ? await integers('g_idx', [inputs]) : undefined,
  };
  return unpackGptq(tensors, shape);
}

function assertShape(name: string, actual: readonly number[], wanted: readonly number[]): void {
  if (actual.length === wanted.length && wanted.every((size, i) => size === actual[i])) return;
  throw new UserError('weights/wrong-shape', `${name} is [${actual}], the configuration needs [${wanted}]`);
}
