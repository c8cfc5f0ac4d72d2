/** The user's prompts, answered at the milestones of a run. */
import { buildForwardGraph } from '../../models/graphs/forward-graph.ts';
import type { Model } from '../../models/model.ts';
import { affordableTokens, LiveAnswers } from './live-answers.ts';
import type { Training } from './open-training.ts';

export interface SampleRequest {
  /** Token ids of each. */
  readonly prompts: readonly (readonly number[])[];
  /** Ids that end an answer. */
  readonly stopIds: readonly number[];
  /** Of an answer; fewer where more would take too long beside the training. */
  readonly maxTokens: number;
  readonly onAnswers: (step: number, answers: readonly (readonly number[])[]) => void;
}

export class Sampling {
  readonly #model: Model;
  readonly #training: Training;
  readonly #request: SampleRequest;
  readonly #threads: number | undefined;
  #answers: LiveAnswers | undefined;

  constructor(model: Model, training: Training, request: SampleRequest, threads?: number) {
    this.#model = model;
    this.#training = training;
    this.#request = request;
    this.#threads = threads;
  }

  /** @param trained see `affordableTokens` */
  async at(step: number, trained: number, signal?: AbortSignal): Promise<void> {
    const { prompts, onAnswers, ...request } = this.#request;
    if (prompts.length === 0) return;
    const lengths = prompts.map(({ length }) => length);
    this.#answers ??= await this.#open(Math.max(...lengths) + request.maxTokens);
    const maxTokens = affordableTokens(lengths, trained, request.maxTokens);
    onAnswers(step, await this.#answers.answer(prompts, { ...request, maxTokens, signal }));
  }

  #open(maxLength: number): Promise<LiveAnswers> {
    const { trainer, selection, baseBits } = this.#training;
    const shape = { maxLength, adapters: selection.modules, trains: selection.trains, baseBits };
    const graph = buildForwardGraph(this.#model, shape);
    return LiveAnswers.open(graph, trainer, this.#threads);
  }

  dispose(): void {
    this.#answers?.dispose();
  }
}
