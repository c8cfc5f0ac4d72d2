/**
 * Speculative decoding: drafts are checked several at once by the model itself. Greedily the tokens are the same as
 * without; at random they are drawn from the same distribution (Leviathan et al. 2023, theorem 3.5).
 */
import { STEPS } from '../models/graphs/stepwise-attention.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Decoder } from './decoder.ts';
import type { Drafter } from './drafter.ts';
import type { Sampler } from './sampler.ts';

export interface SpeculateOptions {
  readonly maxTokens: number;
  readonly signal?: AbortSignal;
}

/** What checks drafts: a decoder, or one that drafts for itself. */
export type Speculating = Pick<Decoder, 'model' | 'length' | 'maxLength' | 'rewind'> & {
  /** @returns logits after the last, float32 [1, vocabulary] */
  extend(ids: readonly number[], wanted?: undefined, signal?: AbortSignal): Promise<Tensor>;
  /** @returns logits after each, float32 [ids, vocabulary], as if they were added one by one; overwritten by the next call */
  extendAsSteps(ids: readonly number[], signal?: AbortSignal): Promise<Tensor>;
};

/** Tokens after the prompt, of which the decoder holds the beginning. */
export async function* speculate(
  decoder: Speculating,
  prompt: readonly number[],
  sampler: Sampler,
  drafter: Drafter,
  { maxTokens, signal }: SpeculateOptions,
): AsyncGenerator<number, void> {
  const { vocabulary } = decoder.model.config;
  const logits = await decoder.extend(prompt.slice(decoder.length), undefined, signal);
  let left = Math.min(maxTokens, decoder.maxLength - decoder.length);
  let id = sampler.pick(logits.data as Float32Array);
  while (left > 0) {
    drafter.add(id);
    left -= 1;
    yield id;
    if (left === 0) return;
    const { ids: draft, probabilities } = await drafter.draft(Math.min(left - 1, STEPS - 1), signal);
    const begin = decoder.length;
    const { data } = await decoder.extendAsSteps([id, ...draft], signal);
    const row = (i: number) => (data as Float32Array).subarray(i * vocabulary, (i + 1) * vocabulary);
    let right = 0;
    let next: number | undefined;
    while (right < draft.length) {
      const chosen = sampler.judge(row(right), draft[right], probabilities?.[right]);
      if (chosen !== draft[right]) {
        next = chosen;
        break;
      }
      right += 1;
    }
    id = next ?? sampler.pick(row(draft.length));
    decoder.rewind(begin + 1 + right);
    if (draft.length > 0) drafter.learn(draft.length, right);
    for (const accepted of draft.slice(0, right)) {
      drafter.add(accepted);
      left -= 1;
      yield accepted;
    }
  }
}
