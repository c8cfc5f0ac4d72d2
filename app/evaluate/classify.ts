/** A classifier kept open: what it says of one text after another. */
import { UserError } from '../contract/errors.ts';
import { encodeTexts } from '../models/encode-texts.ts';
import { openModel } from '../models/model.ts';
import { loadTokenizer } from '../models/tokenizer.ts';
import { openWholeSession } from './whole-session.ts';

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
  const session = await openWholeSession(model, longest, threads);
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
        const logits = Float64Array.from(await session.run(ids, 'logits'));
        results.push({ outputs: outputsOf(logits, task.problem), tokens: ids.length, cut });
      }
      return results;
    },
    dispose: () => session.dispose(),
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
