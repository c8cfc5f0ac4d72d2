/** A Hugging Face folder in half precision or as it is, for transformers and everything built on it. */

import { UserError } from '../contract/errors.ts';
import { Decoder } from '../generate/decoder.ts';
import { nextStep } from '../models/lineage.ts';
import { openModel } from '../models/model.ts';
import { openStored } from '../models/stored.ts';
import { writeModelFolder } from '../models/write-folder.ts';
import { compareOracles, compareTexts } from './check.ts';
import { compareTokens } from './compare-text.ts';
import { decoderOracle } from './oracles.ts';
import type { ExportTarget } from './target.ts';
import { isWhole, writeWholeSafetensors } from './whole.ts';

export const safetensors: ExportTarget = {
  name: 'safetensors',
  summary: 'transformers, vLLM, MLX and everything else that reads Hugging Face folders',
  async write(model, folder, options) {
    if (isWhole(model)) {
      const checks = await writeWholeSafetensors(model, folder, options);
      return [...checks, await compareTokens(model.folder, folder)];
    }
    const { threads, prompts } = options;
    if (model.formats.size > 0) {
      throw new UserError('arguments/incompatible', 'a quantized model cannot become safetensors: export its source');
    }
    await writeModelFolder(folder, await openModel(model.folder), {
      step: nextStep('export', { target: 'safetensors' }),
    });
    const source = await Decoder.open(model, { threads, maxLength: 256 });
    const exported = await Decoder.open(await openStored(folder), { threads, maxLength: 256 });
    try {
      const how = { prompts, tokens: 8, tolerance: 1e-5 };
      const checks = await compareOracles(decoderOracle(source), decoderOracle(exported), how);
      return [...checks, ...(await compareTexts(model.folder, folder))];
    } finally {
      source.dispose();
      exported.dispose();
    }
  },
};
