/** How near the vectors of texts are to those of another encoder: what a smaller one is measured by where there are no classes. */
import { rowCosines } from '../evaluate/embeddings.ts';
import { mean } from '../evaluate/statistics.ts';
import type { Model } from '../models/model.ts';
import { modelSize } from '../models/size.ts';
import { readFloats } from '../models/weights/constants.ts';
import { byMean } from '../techniques/transfer/classifier.ts';
import { runTrunk, type TrunkOptions } from '../techniques/transfer/trunk.ts';

export interface CosineReport {
  readonly metric: 'cosine';
  /** Mean over the texts; the vector of a text is the mean of its tokens'. */
  readonly cosine: number;
  readonly sizeBytes: number;
}

/** What measures an encoder of the same width as `whole`. */
export async function cosineWith(
  whole: Model,
  texts: readonly Int32Array[],
  context: TrunkOptions,
): Promise<(candidate: Model) => Promise<CosineReport>> {
  const vectorsOf = (model: Model) => {
    const values = async (name: string) => (await readFloats(model.weights.get(name)!)) as Float32Array<ArrayBuffer>;
    return runTrunk(byMean(model), texts, values, context);
  };
  const expected = await vectorsOf(whole);
  return async (candidate) => {
    const cosines = rowCosines(expected, await vectorsOf(candidate), whole.config.width);
    return { metric: 'cosine', cosine: mean(cosines), sizeBytes: await modelSize(candidate.folder) };
  };
}
