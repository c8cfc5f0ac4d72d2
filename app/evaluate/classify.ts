/** A classifier kept open: what it says of one text after another. */
import { UserError } from '../contract/errors.ts';
import { encodeTexts } from '../models/encode-texts.ts';
import { buildWholeGraph } from '../models/graphs/whole-graph.ts';
import { openModel } from '../models/model.ts';
import { loadTokenizer } from '../models/tokenizer.ts';
import { readFloats } from '../models/weights/constants.ts';
import { encodeModel } from '../onnx/encode.ts';
import { openSession } from '../runtime/open.ts';
import { lower } from '../tensor/lower.ts';
import { int64, type Tensor, tensor } from '../tensor/tensor.ts';

export interface Classified {
  /** Probability of each label, in their order; where a text may have several, each by itself. Numbers for a regression. */
  readonly outputs: readonly number[];
  readonly tokens: number;
  /** The text was longer than what the model reads. */
  readonly cut: boolean;
}

export interface TextClassifier {
  readonly labels: readonly string[];
  /** `single`: one label of several; `multi`: any number of them; `regression`: numbers. */
  readonly problem: 'single' | 'multi' | 'regression';
  classify(texts: readonly string[]): Promise<Classified[]>;
  dispose(): void;
}

/** @throws UserError arguments/incompatible for a model that is no classifier of texts; model/*, weights/*, tokenizer/* */
export async function openTextClassifier(
  folder: string,
  { threads, maxLength = 512 }: { readonly threads?: number; readonly maxLength?: number } = {},
): Promise<TextClassifier> {
  const model = await openModel(folder);
  const { task, config, configJson } = model;
  if (task.kind !== 'classification') {
    throw new UserError('arguments/incompatible', `${folder} is no classifier of texts: make one by lathe transfer`);
  }
  const tokenizer = await loadTokenizer(folder);
  const longest = Math.min(maxLength, config.maxLength);
  const session = await openSession(encodeModel(lower(buildWholeGraph(model, longest))), { threads });
  const binding = session.bind();
  for (const [name, constant] of model.weights) {
    if (session.inputs.includes(name))
      binding.input(name, tensor('float32', constant.shape, await readFloats(constant)));
  }
  const names = (configJson.id2label ?? {}) as Record<string, string>;
  return {
    labels: Array.from({ length: task.labels }, (_, id) => names[id] ?? `label ${id}`),
    problem: task.problem,
    async classify(texts) {
      const results: Classified[] = [];
      // One at a time: a person's few texts are not worth padding.
      for (const text of texts) {
        let cut = false;
        const [ids] = encodeTexts(tokenizer, [text], longest, () => {
          cut = true;
        });
        const shape = [1, ids.length];
        const feeds: Record<string, Tensor> = {
          input_ids: int64(shape, [...ids]),
          attention_mask: int64(shape, new Array<number>(ids.length).fill(1)),
          token_type_ids: int64(shape, new Array<number>(ids.length).fill(0)),
        };
        for (const name of session.inputs) if (feeds[name]) binding.input(name, feeds[name]);
        binding.allocate('logits');
        await binding.run();
        const logits = Float64Array.from(binding.outputs().logits.data as Float32Array);
        results.push({ outputs: outputsOf(logits, task.problem), tokens: ids.length, cut });
      }
      return results;
    },
    dispose() {
      binding.dispose();
      session.dispose();
    },
  };
}

function outputsOf(logits: Float64Array, problem: TextClassifier['problem']): number[] {
  if (problem === 'regression') return [...logits];
  if (problem === 'multi') return Array.from(logits, (v) => 1 / (1 + Math.exp(-v)));
  const most = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const exponents = Array.from(logits, (v) => Math.exp(v - most));
  const sum = exponents.reduce((a, b) => a + b, 0);
  return exponents.map((e) => e / sum);
}
