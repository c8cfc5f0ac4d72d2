/** ONNX for ONNX Runtime and its relatives: onnx/model.onnx with its data file, tokenizer and configuration beside it. */
import { copyFile, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { writeJsonAtomically } from '../files/atomic.ts';
import { Decoder } from '../generate/decoder.ts';
import { openStored, type StoredModel } from '../models/stored.ts';
import { readConstant } from '../models/weights/constants.ts';
import { copyCompanions } from '../models/write-folder.ts';
import { DATA_FILE, MODEL_FILE, writeDecodingModel } from '../models/write-onnx.ts';
import { DataFile } from '../onnx/data-file.ts';
import { compareOracles, compareTemplates } from './check.ts';
import { decoderOracle, onnxOracle } from './oracles.ts';
import type { ExportTarget } from './target.ts';
import { isWhole, writeWholeOnnx } from './whole.ts';

export const onnx: ExportTarget = {
  name: 'onnx',
  summary: 'ONNX Runtime on desktop, server, Android, iOS and in the browser',
  async write(model, folder, options) {
    await mkdir(join(folder, 'onnx'), { recursive: true });
    if (isWhole(model)) return writeWholeOnnx(model, folder, options);
    const { threads, prompts } = options;
    await copyCompanions(model.folder, folder);
    await writeWeights(model, folder);
    await writeDecodingModel(folder, await openStored(folder));
    const source = await Decoder.open(model, { threads, maxLength: 256 });
    const exported = await onnxOracle(join(folder, 'onnx', MODEL_FILE), model.config, threads);
    try {
      const how = { prompts, tokens: 8, tolerance: 1e-3 };
      const checks = await compareOracles(decoderOracle(source), exported, how);
      return [...checks, await compareTemplates(model.folder, folder)];
    } finally {
      source.dispose();
      exported.dispose();
    }
  },
};

/** The data file, and the list that lets Lathe open the export as a model again. */
async function writeWeights(model: StoredModel, folder: string): Promise<void> {
  const target = join(folder, 'onnx', DATA_FILE);
  const record = (tensors: unknown) =>
    writeJsonAtomically(join(folder, 'lathe-weights.json'), {
      version: 1,
      dataFile: `onnx/${DATA_FILE}`,
      parameters: model.parameters,
      formats: Object.fromEntries(model.formats),
      tensors,
    });
  const [first] = model.weights.values();
  if (first.file === join(model.folder, 'onnx', DATA_FILE)) {
    await copyFile(first.file, target);
    const places = [...model.weights].map(([name, { dtype, shape, offset, byteLength }]) => [
      name,
      { dtype, shape, offset, byteLength },
    ]);
    await record(Object.fromEntries(places));
    return;
  }
  const handle = await open(target, 'wx');
  try {
    const file = new DataFile(handle);
    for (const [name, constant] of model.weights) {
      const { dtype, shape, data } = await readConstant(constant);
      await file.add(name, dtype, shape, data);
    }
    await handle.sync();
    await record(file.tensors);
  } finally {
    await handle.close();
  }
}
