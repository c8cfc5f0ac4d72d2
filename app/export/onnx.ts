/**
 * ONNX for ONNX Runtime and its relatives: onnx/model.onnx with its data file, tokenizer and configuration beside it; of an
 * adaptive decoder also onnx/model_adaptive.onnx, which stops by itself.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openStored } from '../models/stored.ts';
import { copyCompanions } from '../models/write-folder.ts';
import { DATA_FILE, MODEL_FILE, writeDecodingFile } from '../models/write-onnx.ts';
import { standardLookups } from '../onnx/standard-lookups.ts';
import { compareTexts } from './check.ts';
import { compareFile } from './compare-file.ts';
import { compareTokens } from './compare-text.ts';
import { writeStopping } from './stopping.ts';
import type { ExportTarget } from './target.ts';
import { recordWeights, writeWeightsFile } from './weights-file.ts';
import { isWhole, writeWholeOnnx } from './whole.ts';

export const onnx: ExportTarget = {
  name: 'onnx',
  summary: 'ONNX Runtime on desktop, server, Android, iOS and in the browser',
  async write(model, folder, options) {
    await mkdir(join(folder, 'onnx'), { recursive: true });
    if (isWhole(model)) {
      const checks = await writeWholeOnnx(model, folder, options);
      return [...checks, await compareTokens(model.folder, folder)];
    }
    await copyCompanions(model.folder, folder);
    await recordWeights(folder, await writeWeightsFile(model, join(folder, 'onnx', DATA_FILE)));
    const written = await openStored(folder);
    const file = join(folder, 'onnx', MODEL_FILE);
    await writeDecodingFile(file, written, false, standardLookups);
    const checks = await compareFile(file, model, options);
    checks.push(...(await writeStopping(model, written, folder, options)));
    return [...checks, ...(await compareTexts(model.folder, folder))];
  },
};
