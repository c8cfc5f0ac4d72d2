/**
 * What a model says while it is being trained: the trainer's own weights, read where they lie. There is no cache of keys and
 * values, which would have to know every kind of adapter: each token reads its whole sequence again, so answers are short.
 */

import { encodeModel } from '../../onnx/encode.ts';
import { openSession } from '../../runtime/open.ts';
import type { Binding, Session } from '../../runtime/session.ts';
import type { Graph } from '../../tensor/graph.ts';
import { int64 } from '../../tensor/tensor.ts';
import { IGNORED, makeBatch } from './batch.ts';
import type { Trainer } from './trainer.ts';

/** Share of the training's time that answers may take, and the fewest tokens that say anything. */
const SHARE = 0.15;
const LEAST = 16;
/** Forward and back costs about three times what forward alone does. */
const TRAINING_PASSES = 3;

/**
 * Tokens that each answer may have: every one of them reads prompt and answer again.
 * @param prompts their lengths
 * @param trained tokens trained on between one set of answers and the next
 */
export function affordableTokens(prompts: readonly number[], trained: number, most: number): number {
  const budget = SHARE * TRAINING_PASSES * trained;
  const read = prompts.reduce((n, length) => n + length, 0);
  let tokens = LEAST;
  const cost = (count: number) => count * (read + (prompts.length * count) / 2);
  while (tokens < most && cost(tokens + 1) <= budget) tokens++;
  return Math.min(tokens, most);
}

export interface AnswerOptions {
  readonly maxTokens: number;
  /** Ids that end an answer; they are not part of it. */
  readonly stopIds: readonly number[];
  readonly signal?: AbortSignal;
}

export class LiveAnswers {
  readonly #session: Session;
  readonly #binding: Binding;
  #disposed = false;

  private constructor(session: Session) {
    this.#session = session;
    this.#binding = session.bind().allocate('logits');
  }

  /** @param graph see `buildForwardGraph` */
  static async open(graph: Graph, trainer: Trainer, threads?: number): Promise<LiveAnswers> {
    const settings = { threads, prepack: false, memoryPattern: false, sharedArena: true };
    const answers = new LiveAnswers(await openSession(encodeModel(graph), settings));
    trainer.bindWeights(answers.#session, answers.#binding);
    return answers;
  }

  /** The likeliest token each time, for all prompts side by side. @returns the answers' ids */
  async answer(prompts: readonly (readonly number[])[], options: AnswerOptions): Promise<number[][]> {
    const answers = prompts.map((): number[] => []);
    let open = [...prompts.keys()];
    for (let count = 0; count < options.maxTokens && open.length > 0; count++) {
      const sequences = open.map((i) => [...prompts[i], ...answers[i]]);
      const next = await this.#next(sequences, options.signal);
      open = open.filter((i, at) => {
        if (options.stopIds.includes(next[at])) return false;
        answers[i].push(next[at]);
        return true;
      });
    }
    return answers;
  }

  async #next(sequences: readonly (readonly number[])[], signal?: AbortSignal): Promise<number[]> {
    const length = Math.max(...sequences.map((ids) => ids.length));
    const { inputs } = makeBatch(sequences.map((ids) => ({ ids, labels: ids.map(() => IGNORED) })));
    const rows = sequences.map((ids, row) => row * length + ids.length - 1);
    const feeds: typeof inputs = { ...inputs, rows: int64([rows.length], rows) };
    for (const name of this.#session.inputs) if (feeds[name]) this.#binding.input(name, feeds[name]);
    await this.#binding.run({ signal });
    const { data, shape } = this.#binding.outputs().logits;
    const [, vocabulary] = shape;
    return sequences.map((_, row) => {
      const logits = (data as Float32Array).subarray(row * vocabulary, (row + 1) * vocabulary);
      return logits.reduce((best, v, id) => (v > logits[best] ? id : best), 0);
    });
  }

  /** Twice does no harm. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#binding.dispose();
    this.#session.dispose();
  }
}
