/** How much a model's predictions suffer when one part of it is rounded, measured part by part. */
import { buildScoringGraph } from '../../models/graphs/scoring-graph.ts';
import type { WalkOptions } from '../../models/layer-walk.ts';
import type { Model } from '../../models/model.ts';
import { readFloats } from '../../models/weights/constants.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { openSession } from '../../runtime/open.ts';
import { lower } from '../../tensor/lower.ts';
import { int64, type Tensor, tensor } from '../../tensor/tensor.ts';

/** Tokens that divergences are averaged over. */
const TOKENS = 256;

/**
 * Mean divergence KL(source || changed), in nats a token, of the model with each part's weights replaced by themselves.
 * @param parts for each part the new values of its weights, made when it is its turn
 */
export async function divergences(
  model: Model,
  text: Int32Array,
  parts: readonly (() => Promise<ReadonlyMap<string, Float32Array>>)[],
  { threads, signal, onPart }: WalkOptions & { readonly onPart?: (done: number) => void },
): Promise<number[]> {
  const ids = text.subarray(0, TOKENS);
  const { graph } = buildScoringGraph(model, ids.length);
  const session = await openSession(encodeModel(lower(graph)), { threads, prepack: false });
  try {
    const shape = [1, ids.length];
    const order = [...ids.keys()];
    const feeds: Record<string, Tensor> = {
      input_ids: int64(shape, ids),
      position_ids: int64(shape, order),
      segment_ids: int64(shape, new Array<number>(ids.length).fill(1)),
      rows: int64([ids.length], order),
    };
    for (const [name, constant] of model.weights) {
      feeds[name] = tensor('float32', constant.shape, await readFloats(constant));
    }
    const used = Object.fromEntries(Object.entries(feeds).filter(([name]) => session.inputs.includes(name)));
    const logits = async (replaced: Record<string, Tensor>) =>
      (await session.run({ ...used, ...replaced }, ['logits'], { signal })).logits.data as Float32Array;
    const source = logProbabilities(await logits({}), ids.length);
    const results: number[] = [];
    for (const [i, part] of parts.entries()) {
      const replaced: Record<string, Tensor> = {};
      for (const [name, values] of await part()) replaced[name] = tensor('float32', feeds[name].shape, values);
      results.push(meanDivergence(source, logProbabilities(await logits(replaced), ids.length), ids.length));
      onPart?.(i + 1);
    }
    return results;
  } finally {
    session.dispose();
  }
}

/** In place. */
function logProbabilities(logits: Float32Array, rows: number): Float32Array {
  const width = logits.length / rows;
  for (let begin = 0; begin < logits.length; begin += width) {
    let most = Number.NEGATIVE_INFINITY;
    for (let i = begin; i < begin + width; i++) if (logits[i] > most) most = logits[i];
    let sum = 0;
    for (let i = begin; i < begin + width; i++) sum += Math.exp(logits[i] - most);
    const shift = most + Math.log(sum);
    for (let i = begin; i < begin + width; i++) logits[i] -= shift;
  }
  return logits;
}

function meanDivergence(p: Float32Array, q: Float32Array, rows: number): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    // What has all but no probability adds all but nothing.
    if (p[i] > -20) sum += Math.exp(p[i]) * (p[i] - q[i]);
  }
  return Math.max(0, sum / rows);
}
