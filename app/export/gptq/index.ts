/**
 * A Hugging Face folder with packed layers in GPTQ's form, for vLLM, GPTQModel, ExLlama and transformers: the very codes
 * of a model quantized in Lathe, by whatever method, everything else in half precision.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { writeJsonAtomically } from '../../files/atomic.ts';
import { Decoder } from '../../generate/decoder.ts';
import { importPacked } from '../../models/import/packed.ts';
import { LATHE_VERSION, LINEAGE_FILE, nextStep, readLineage, withStep } from '../../models/lineage.ts';
import { readConfig } from '../../models/model.ts';
import { packingOf } from '../../models/packing.ts';
import { openStored, type StoredModel } from '../../models/stored.ts';
import { readFloats } from '../../models/weights/constants.ts';
import { writeShards } from '../../models/weights/index.ts';
import { copyCompanions } from '../../models/write-folder.ts';
import { transpose } from '../../tensor/transpose-matrix.ts';
import { type Check, compareOracles, compareTexts } from '../check.ts';
import { decoderOracle } from '../oracles.ts';
import type { ExportOptions, ExportTarget } from '../target.ts';
import { writeTokenizerTexts } from '../transformers-js-texts.ts';
import { isWhole } from '../whole.ts';
import { layerValues, type PackedForm, type PackedPlan, planPacking, tensorsOf } from './tensors.ts';

export const gptq: ExportTarget = {
  name: 'gptq',
  summary: 'vLLM, GPTQModel, ExLlama, transformers: the packed layers of a quantized model',
  quantizedOnly: true,
  async write(model, folder, options) {
    if (isWhole(model) || model.formats.size === 0) {
      const why = isWhole(model) ? 'this model generates nothing' : 'this model is not quantized';
      throw new UserError('arguments/incompatible', `${why}: gptq holds quantized models that continue texts`);
    }
    const plan = planPacking(model);
    await mkdir(folder, { recursive: true });
    await copyCompanions(model.folder, folder);
    await writeTokenizerTexts(model, folder);
    const packed = configOf(plan.form);
    const { torch_dtype: _, ...config } = model.configJson;
    await writeJsonAtomically(join(folder, 'config.json'), {
      ...config,
      dtype: 'float16',
      quantization_config: packed,
    });
    // Where older readers look.
    await writeJsonAtomically(join(folder, 'quantize_config.json'), packed);
    await writeShards(folder, tensorsOf(model, plan));
    const step = nextStep('export', { target: 'gptq' });
    await writeJsonAtomically(join(folder, LINEAGE_FILE), withStep(await readLineage(model.folder), step));
    return check(model, plan, folder, options);
  },
};

const configOf = ({ bits, groupSize, symmetric, format }: PackedForm) => ({
  quant_method: 'gptq',
  bits,
  group_size: groupSize,
  sym: symmetric,
  desc_act: false,
  lm_head: false,
  checkpoint_format: format,
  pack_dtype: 'int32',
  meta: { quantizer: [`lathe:${LATHE_VERSION}`] },
});

/** Unpacked by the importer, which knows nothing of what was written: every layer to the bit, then tokens and logits. */
async function check(
  model: StoredModel,
  plan: PackedPlan,
  folder: string,
  { threads, prompts, signal }: ExportOptions,
): Promise<Check[]> {
  const back = join(folder, '.read-back');
  try {
    await importPacked(folder, packingOf(await readConfig(folder))!, back, { signal });
    const unpacked = await openStored(back);
    const expected = await Decoder.open(inFloats(model), { threads, maxLength: 256 });
    const exported = await Decoder.open(unpacked, { threads, maxLength: 256 });
    try {
      return [
        await compareLayers(model, plan, unpacked),
        ...(await compareOracles(decoderOracle(expected), decoderOracle(exported), {
          prompts,
          tokens: 8,
          tolerance: 5e-3,
        })),
        ...(await compareTexts(model.folder, folder)),
      ];
    } finally {
      expected.dispose();
      exported.dispose();
    }
  } finally {
    await rm(back, { recursive: true, force: true });
  }
}

async function compareLayers(model: StoredModel, { layers }: PackedPlan, unpacked: StoredModel): Promise<Check> {
  let same = 0;
  for (const layer of layers) {
    const { inputs, outputs, layout } = layer.spec;
    const expected = await layerValues(model, layer);
    const stored = await readFloats(unpacked.weights.get(`${layer.module}.weight`)!);
    const actual = layout === 'in-out' ? transpose(stored, inputs, outputs) : stored;
    if (actual.length === expected.length && expected.every((value, i) => value === actual[i])) same += 1;
  }
  return {
    name: 'same packed layers',
    passed: same === layers.length,
    detail: `${same} of ${layers.length} to the last bit, scales rounded to float16`,
  };
}

/** Activations in float32: how Lathe would round them is no part of the export. */
const inFloats = (model: StoredModel): StoredModel => ({
  ...model,
  formats: new Map(
    [...model.formats].map(([name, format]) => [
      name,
      format.kind === 'blocks' ? { ...format, accuracyLevel: 1 } : format,
    ]),
  ),
});
