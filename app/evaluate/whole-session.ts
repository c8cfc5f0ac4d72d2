/** An encoder or a classifier kept open: what it gives for one text after another. */
import { openGraph } from '../generate/open-graph.ts';
import { freezeWeights } from '../models/graphs/frozen-weights.ts';
import { buildWholeGraph } from '../models/graphs/whole-graph.ts';
import type { Model } from '../models/model.ts';
import { int64, type Tensor } from '../tensor/tensor.ts';

export interface WholeSession {
  /** One of the outputs of `buildWholeGraph` for one text, as it lies in memory. */
  run(ids: ArrayLike<number>, output: string): Promise<Float32Array>;
  dispose(): void;
}

/** @param longest tokens of a text at most */
export async function openWholeSession(model: Model, longest: number, threads?: number): Promise<WholeSession> {
  const session = await openGraph(freezeWeights(buildWholeGraph(model, longest), model.weights), { threads });
  const binding = session.bind();
  return {
    async run(ids, output) {
      const shape = [1, ids.length];
      const feeds: Record<string, Tensor> = {
        input_ids: int64(shape, Array.from(ids)),
        attention_mask: int64(shape, new Array<number>(ids.length).fill(1)),
        token_type_ids: int64(shape, new Array<number>(ids.length).fill(0)),
      };
      for (const name of session.inputs) if (feeds[name]) binding.input(name, feeds[name]);
      binding.allocate(output);
      await binding.run();
      return Float32Array.from(binding.outputs()[output].data as Float32Array);
    },
    dispose() {
      binding.dispose();
      session.dispose();
    },
  };
}
