/** ONNX for ONNX Runtime and its relatives: onnx/model.onnx with its data file, tokenizer and configuration beside it. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Decoder } from '../generate/decoder.ts';
import { openStored } from '../models/stored.ts';
import { copyCompanions } from '../models/write-folder.ts';
import { DATA_FILE, MODEL_FILE, writeDecodingModel } from '../models/write-onnx.ts';
import { compareOracles, compareTemplates } from './check.ts';
import { decoderOracle, onnxOracle } from './oracles.ts';
import type { ExportTarget } from './target.ts';
import { recordWeights, writeWeightsFile } from './weights-file.ts';
import { isWhole, writeWholeOnnx } from './whole.ts';

export const onnx: ExportTarget = {
  name: 'onnx',
  summary: 'ONNX Runtime on desktop, server, Android, iOS and in the browser',
  async write(model, folder, options) {
    await mkdir(join(folder, 'onnx'), { recursive: true });
    if (isWhole(model)) return writeWholeOnnx(model, folder, options);
    const { threads, prompts } = options;
    await copyCompanions(model.folder, folder);
    await recordWeights(folder, await writeWeightsFile(model, join(folder, 'onnx', DATA_FILE)));
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
