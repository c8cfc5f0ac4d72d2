/** Asks the one-file form of an adaptive decoder as any program would: what a step gives out goes into the next. */
import type { DecoderConfig } from '../models/architectures/architecture.ts';
import { ANSWERED } from '../models/graphs/stopping-decoder.ts';
import type { Session } from '../runtime/session.ts';
import { float32, int64, type Tensor, zeros } from '../tensor/tensor.ts';
import type { StepKind, StepThresholds } from './adaptive-decoder.ts';

/** Below every score of a gate. */
export const NO_GATE = -1e30;

/** Whatever runs the file. */
type Runs = Pick<Session, 'inputs' | 'outputs' | 'run' | 'dispose'>;

export class StoppingFile {
  readonly #session: Runs;
  readonly #config: DecoderConfig;
  #state: Record<string, Tensor> = {};

  /** Owns the session. */
  constructor(session: Runs, config: DecoderConfig) {
    this.#session = session;
    this.#config = config;
    this.rewind();
  }

  /** Begins anew. */
  rewind(): void {
    const { keyValueHeads, headDim, width } = this.#config;
    const empty = (name: string) =>
      zeros('float32', name === 'pending' ? [1, 0, width] : [1, keyValueHeads, 0, headDim]);
    const held = this.#session.inputs.filter((name) => name === 'pending' || name.startsWith('past_key_values.'));
    this.#state = Object.fromEntries(held.map((name) => [name, empty(name)]));
  }

  /** Adds tokens and answers what follows the last. @param thresholds absent: those of the file */
  async extend(
    ids: readonly number[],
    thresholds?: StepThresholds,
  ): Promise<{ readonly token: number; readonly kind: StepKind }> {
    const { exit, shortlist, gate = NO_GATE } = thresholds ?? {};
    const feeds: Record<string, Tensor> = { ...this.#state, input_ids: int64([1, ids.length], ids) };
    if (exit !== undefined && shortlist !== undefined) feeds.thresholds = float32([3], [exit, shortlist, gate]);
    const { token, answered, ...rest } = await this.#session.run(feeds, this.#session.outputs);
    this.#state = Object.fromEntries(
      Object.entries(rest).map(([name, value]) => [
        name === 'next_pending' ? 'pending' : name.replace('present.', 'past_key_values.'),
        value,
      ]),
    );
    return { token: Number(token.data[0]), kind: ANSWERED[Number(answered.data[0])] };
  }

  dispose(): void {
    this.#session.dispose();
  }
}
