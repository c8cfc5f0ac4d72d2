/**
 * A folder for transformers.js, in Node and in the browser: one ONNX file for each `dtype` that it knows, with the cache as
 * inputs and outputs, and the texts beside (configuration, tokenizer, template) where it looks for them.
 */
import { mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { openModel } from '../models/model.ts';
import { openStored, type StoredModel } from '../models/stored.ts';
import { copyCompanions } from '../models/write-folder.ts';
import { writeDecodingFile } from '../models/write-onnx.ts';
import { standardLookups } from '../onnx/standard-lookups.ts';
import { quantize } from '../techniques/quantize/quantize.ts';
import { quantizeSchema } from '../techniques/quantize/schema.ts';
import { type Check, compareTexts } from './check.ts';
import { compareFile } from './compare-file.ts';
import { compareInJavaScript, findTokenizer } from './compare-text.ts';
import type { ExportOptions, ExportTarget } from './target.ts';
import { type Dtype, SUFFIXES, writeTexts } from './transformers-js-texts.ts';
import { writeWeightsFile } from './weights-file.ts';
import { isWhole } from './whole.ts';
import { type Variants, writeWholeVariants } from './whole-variants.ts';

export const transformersJs: ExportTarget = {
  name: 'transformers.js',
  summary: 'transformers.js in the browser and in Node: float32, fp16, int8, q4 and q4f16 side by side',
  async write(model, folder, options) {
    await mkdir(join(folder, 'onnx'), { recursive: true });
    await copyCompanions(model.folder, folder);
    const written = isWhole(model)
      ? await writeWholeVariants(model, folder, options)
      : await writeVariants(model, folder, options);
    await writeTexts(model, folder, written.dtypes);
    return [
      ...written.checks,
      ...(await compareTexts(model.folder, folder)),
      ...((await findTokenizer(model.folder)) ? await compareInJavaScript(model.folder, folder) : []),
    ];
  },
};

/** int8 activations where there is a choice: the faster way in WebAssembly, as the models of the hub are made. */
const QUANTIZED = {
  q8: { method: 'dynamic' },
  q4: { method: 'rtn', accuracyLevel: 4 },
  q4f16: { method: 'rtn', accuracyLevel: 4, scales: 'float16' },
} as const;

/** A quantized model gives the one file that it is; any other all of them. */
async function writeVariants(model: StoredModel, folder: string, options: ExportOptions): Promise<Variants> {
  const checks: Check[] = [];
  const write = async (dtype: Dtype, from: StoredModel, as?: 'float32' | 'float16') => {
    options.signal?.throwIfAborted();
    const path = join(folder, 'onnx', `model${SUFFIXES[dtype]}.onnx`);
    const stored = await writeWeightsFile(from, `${path}_data`, as);
    await writeDecodingFile(path, stored, false, standardLookups);
    const compared = await compareFile(path, stored, options);
    checks.push(...compared.map((check) => ({ ...check, name: `${basename(path)}: ${check.name}` })));
  };
  if (model.formats.size > 0) {
    const dtype = dtypeOf(model);
    await write(dtype, model);
    return { dtypes: [dtype], checks };
  }
  await write('fp32', model, 'float32');
  await write('fp16', model, 'float16');
  const opened = await openModel(model.folder);
  for (const [dtype, chosen] of Object.entries(QUANTIZED)) {
    const temporary = join(folder, `.${dtype}`);
    try {
      const { threads, signal } = options;
      await quantize(opened, temporary, quantizeSchema.parse(chosen), { threads, signal });
      await write(dtype as Dtype, await openStored(temporary));
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }
  return { dtypes: Object.keys(SUFFIXES) as Dtype[], checks };
}

/** @throws UserError arguments/incompatible for bits that transformers.js has no name for */
function dtypeOf({ formats }: StoredModel): Dtype {
  const kinds = [...formats.values()];
  if (kinds.some(({ kind }) => kind === 'dynamic-int8')) return 'q8';
  const bits = Math.min(...kinds.map((format) => (format.kind === 'blocks' ? format.bits : 8)));
  if (bits === 8) return 'q8';
  if (bits === 4) return 'q4';
  throw new UserError(
    'arguments/incompatible',
    `transformers.js has no name for ${bits} bits: quantize to 4 or 8 bits, or export its source`,
  );
}
