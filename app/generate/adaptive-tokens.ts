/**
 * Tokens of an adaptive decoder, with drafts by look-up in the text so far: each drafted token is answered as it would be
 * alone, so drafts change nothing but the time.
 */
import type { AdaptiveDecoder, StepResult, StepThresholds } from './adaptive-decoder.ts';
import { PromptLookup } from './prompt-lookup.ts';

export interface AnsweredToken extends Pick<StepResult, 'kind' | 'layers'> {
  readonly id: number;
}

export interface AdaptiveTokensOptions {
  readonly thresholds: StepThresholds;
  readonly drafts: boolean;
  readonly maxTokens: number;
  readonly signal?: AbortSignal;
}

/** Always from what the decoder holds; `prompt` is added to it. */
export async function* adaptiveTokens(
  decoder: AdaptiveDecoder,
  prompt: readonly number[],
  { thresholds, drafts, maxTokens, signal }: AdaptiveTokensOptions,
): AsyncGenerator<AnsweredToken, void> {
  let left = Math.min(maxTokens, decoder.maxLength - decoder.length - prompt.length);
  const lookup = drafts ? new PromptLookup(prompt) : undefined;
  const answered = ({ token: id, kind, layers }: StepResult): AnsweredToken => ({ id, kind, layers });
  let last = answered(await decoder.read(prompt, thresholds, signal));
  while (left > 0) {
    lookup?.add(last.id);
    left -= 1;
    yield last;
    if (left <= 0) return;
    const draft = lookup?.draft(left - 1).ids ?? [];
    const begin = decoder.length;
    const answers = (await decoder.extend([last.id, ...draft], thresholds, signal)).map(answered);
    let right = 0;
    while (right < draft.length && answers[right].id === draft[right]) right += 1;
    decoder.rewind(begin + 1 + right);
    lookup?.learn(draft.length, right);
    for (const token of answers.slice(0, right)) {
      lookup?.add(token.id);
      left -= 1;
      yield token;
    }
    last = answers[right];
  }
}
