/** Requests to an adaptive decoder, one after the other: its cache is one. They are read like those of a batch. */
import { UserError } from '../contract/errors.ts';
import type { AdaptiveDecoder, StepThresholds } from './adaptive-decoder.ts';
import { adaptiveTokens } from './adaptive-tokens.ts';
import type { BatchRun, BatchToken, FinishReason } from './batch/sequence.ts';
import { roomBeside } from './room.ts';

export interface AdaptiveRequest {
  readonly prompt: readonly number[];
  readonly maxTokens: number;
  readonly stopIds?: readonly number[];
  readonly thresholds: StepThresholds;
  readonly signal?: AbortSignal;
}

export class AdaptiveQueue {
  readonly #decoder: AdaptiveDecoder;
  readonly #most: number;
  #turn: Promise<void> = Promise.resolve();
  #waiting = 0;

  /** @param most requests that may run and wait at once */
  constructor(decoder: AdaptiveDecoder, most: number) {
    this.#decoder = decoder;
    this.#most = most;
  }

  /** @throws UserError prompt/too-long; server/busy as it is read */
  submit(request: AdaptiveRequest): BatchRun {
    roomBeside(request.prompt.length, this.#decoder.maxLength);
    const run = { finishReason: undefined as FinishReason | undefined, cachedTokens: 0 };
    return Object.assign(run, { tokens: this.#tokens(request, run) });
  }

  async *#tokens(
    { prompt, maxTokens, stopIds, thresholds, signal }: AdaptiveRequest,
    run: { finishReason: FinishReason | undefined },
  ): AsyncGenerator<BatchToken, void> {
    if (this.#waiting >= this.#most) throw new UserError('server/busy', `${this.#waiting} requests run and wait`);
    this.#waiting += 1;
    const before = this.#turn;
    let end: () => void = () => undefined;
    this.#turn = new Promise((resolve) => {
      end = resolve;
    });
    try {
      await before;
      signal?.throwIfAborted();
      this.#decoder.rewind();
      const stops = new Set(stopIds);
      for await (const { id } of adaptiveTokens(this.#decoder, prompt, {
        thresholds,
        drafts: true,
        maxTokens,
        signal,
      })) {
        if (stops.has(id)) {
          run.finishReason = 'stop';
          return;
        }
        yield { id };
      }
      run.finishReason = 'length';
    } finally {
      this.#waiting -= 1;
      end();
    }
  }

  dispose(): void {
    this.#decoder.dispose();
  }
}
