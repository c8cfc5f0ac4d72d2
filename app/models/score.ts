/** Logits of whole sequences: every position at once, without a cache. */
import { encodeModel } from '../onnx/encode.ts';
import { openSession } from '../runtime/open.ts';
import { lower } from '../tensor/lower.ts';
import { int64, type Tensor, tensor } from '../tensor/tensor.ts';
import { buildScoringGraph } from './graphs/scoring-graph.ts';
import type { Model } from './model.ts';
import { readFloats } from './weights/constants.ts';

export interface ScoreOptions {
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/**
 * @param ids int32 or int64 [batch, length]
 * @param mask same shape; tokens where it is 0 are seen by nobody
 * @returns float32 [batch, length, vocabulary]
 */
export async function scoreSequences(
  model: Model,
  ids: Tensor,
  mask: Tensor | undefined,
  options: ScoreOptions = {},
): Promise<Tensor> {
  const [batch, length] = ids.shape;
  const { graph } = buildScoringGraph(model, length);
  const session = await openSession(encodeModel(lower(graph)), {
    threads: options.threads,
    prepack: false,
  });
  try {
    const feeds: Record<string, Tensor> = {
      input_ids: int64([batch, length], Array.from(ids.data as Int32Array, Number)),
      position_ids: int64(
        [batch, length],
        Array.from({ length: batch * length }, (_, i) => i % length),
      ),
      segment_ids: int64([batch, length], mask ? Array.from(mask.data as Int32Array, Number) : ones(batch * length)),
      rows: int64(
        [batch * length],
        Array.from({ length: batch * length }, (_, i) => i),
      ),
    };
    for (const [name, constant] of model.weights) {
      feeds[name] = tensor('float32', constant.shape, await readFloats(constant));
    }
    const used = Object.fromEntries(Object.entries(feeds).filter(([name]) => session.inputs.includes(name)));
    const { logits } = await session.run(used, ['logits'], options);
    return tensor('float32', [batch, length, model.config.vocabulary], logits.data);
  } finally {
    session.dispose();
  }
}

const ones = (n: number): number[] => new Array<number>(n).fill(1);
