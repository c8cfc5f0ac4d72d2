/** What a classifier says of texts, and how often it is right. */
import { scoreClasses } from '../../evaluate/classification.ts';
import { argmax } from '../../generate/argmax.ts';
import { buildTeacherGraph } from '../../models/graphs/teacher-graph.ts';
import type { Model } from '../../models/model.ts';
import { readFloats } from '../../models/weights/constants.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { openSession } from '../../runtime/open.ts';
import { tensor } from '../../tensor/tensor.ts';
import { type LabelBatchOptions, makeLabelBatch } from '../finetune/label-batch.ts';

export interface ClassifyOptions {
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** Softens the probabilities; default 1. */
  readonly temperature?: number;
  readonly onText?: (done: number) => void;
  /** How often all texts are gone through: the time is that of the fastest pass, the first has to warm up. */
  readonly passes?: number;
}

/** Padded tokens of one batch. */
const TOKENS_OF_BATCH = 2048;

export function batchingOf({ task, config, architecture }: Model): LabelBatchOptions {
  if (task.kind !== 'classification') throw new Error(`${architecture.name} classifies nothing`);
  return { pooling: task.pooling, positionsSkip: config.positionsSkip };
}

/** @returns probabilities float32 [texts, labels] and the seconds that computing them took */
export async function classify(
  model: Model,
  texts: readonly Int32Array[],
  { threads, signal, temperature = 1, onText, passes = 1 }: ClassifyOptions = {},
): Promise<{ readonly probabilities: Float32Array; readonly seconds: number }> {
  const maxLength = texts.reduce((most, { length }) => Math.max(most, length), 1);
  const { graph, weights } = buildTeacherGraph(model, { maxLength, temperature, unpadded: false });
  const session = await openSession(encodeModel(graph), { threads, memoryPattern: false });
  const binding = session.bind();
  try {
    for (const { name, shape } of weights) {
      binding.input(name, tensor('float32', shape, await readFloats(model.weights.get(name)!)));
    }
    // Texts of alike length together: little is padding.
    const order = [...texts.keys()].sort((a, b) => texts[b].length - texts[a].length || a - b);
    let result: Float32Array | undefined;
    let fastest = Number.POSITIVE_INFINITY;
    for (let pass = 0; pass < passes; pass++) {
      let milliseconds = 0;
      for (let at = 0; at < order.length; ) {
        signal?.throwIfAborted();
        const rows = order.slice(at, at + Math.max(1, Math.floor(TOKENS_OF_BATCH / texts[order[at]].length)));
        const { inputs } = makeLabelBatch(
          rows.map((i) => ({ ids: texts[i], label: 0 })),
          batchingOf(model),
        );
        for (const name of session.inputs) if (inputs[name]) binding.input(name, inputs[name]);
        binding.allocate('probabilities');
        const begin = performance.now();
        await binding.run({ signal });
        milliseconds += performance.now() - begin;
        const said = binding.outputs().probabilities.data as Float32Array;
        const labels = said.length / rows.length;
        result ??= new Float32Array(texts.length * labels);
        for (const [r, i] of rows.entries()) result.set(said.subarray(r * labels, (r + 1) * labels), i * labels);
        at += rows.length;
        onText?.(at);
      }
      fastest = Math.min(fastest, milliseconds);
    }
    return { probabilities: result ?? new Float32Array(0), seconds: fastest / 1000 };
  } finally {
    binding.dispose();
    session.dispose();
  }
}

/** @param probabilities [texts, labels] */
export function scored(probabilities: Float32Array, classes: readonly number[], labels: readonly string[]) {
  const predicted = classes.map((_, i) => argmax(probabilities.subarray(i * labels.length, (i + 1) * labels.length)));
  const { accuracy, macroF1 } = scoreClasses(classes, predicted, labels);
  return { metric: 'accuracy', accuracy, macroF1 } as const;
}
