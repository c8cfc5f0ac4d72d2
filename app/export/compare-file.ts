/** A decoding file in ONNX Runtime against the same weights in Lathe: rounding is the same, so nothing else may differ. */
import { Decoder } from '../generate/decoder.ts';
import type { StoredModel } from '../models/stored.ts';
import { type Check, compareOracles } from './check.ts';
import { decoderOracle, onnxOracle } from './oracles.ts';
import type { ExportOptions } from './target.ts';

/** @param stored the weights that the file computes with */
export async function compareFile(path: string, stored: StoredModel, options: ExportOptions): Promise<Check[]> {
  const { threads, prompts } = options;
  const ours = await Decoder.open(stored, { threads, maxLength: 256 });
  const theirs = await onnxOracle(path, stored.config, threads);
  try {
    return await compareOracles(decoderOracle(ours), theirs, { prompts, tokens: 8, tolerance: 1e-3 });
  } finally {
    ours.dispose();
    theirs.dispose();
  }
}
