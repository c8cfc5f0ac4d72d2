/** Asks a head what it makes of vectors that are computed already: one session, whatever the values of the weights. */
import { buildHeadGraph } from '../../models/graphs/head-graph.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { openSession } from '../../runtime/open.ts';
import { type Tensor, tensor } from '../../tensor/tensor.ts';
import type { Classifier } from './classifier.ts';
import type { Features } from './feature-cache.ts';
import { objectiveOf, outputsOf } from './objective.ts';
import { headValues, type Values } from './weight-values.ts';

export interface HeadScorer {
  /** Probabilities or numbers float32 [rows, labels]: see `outputsOf`. */
  outputs(features: Features, trained: Values): Promise<Float32Array>;
  dispose(): void;
}

/** Vectors of one run of the session. */
const ROWS = 4096;

export async function openScorer(classifier: Classifier, threads?: number): Promise<HeadScorer> {
  const { model, labels } = classifier;
  const { graph, weights } = buildHeadGraph(model);
  const session = await openSession(encodeModel(graph), { threads });
  return {
    async outputs(features, trained) {
      const values = headValues(classifier, trained);
      const feeds: Record<string, Tensor> = {};
      for (const { name, shape } of weights) feeds[name] = tensor('float32', shape, await values(name));
      const logits = new Float32Array(features.rows * labels.length);
      for (let at = 0; at < features.rows; at += ROWS) {
        const rows = Uint32Array.from({ length: Math.min(ROWS, features.rows - at) }, (_, i) => at + i);
        const pooled = new Float32Array(rows.length * features.width);
        features.gather(rows, pooled);
        feeds.pooled = tensor('float32', [rows.length, features.width], pooled);
        const result = await session.run(feeds, ['logits']);
        logits.set(result.logits.data as Float32Array, at * labels.length);
      }
      return outputsOf(objectiveOf(model.task), logits, labels.length);
    },
    dispose: () => session.dispose(),
  };
}
