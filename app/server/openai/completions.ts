/** POST /v1/completions: text that continues the prompt. */
import type { Piece } from './answer.ts';
import { ApiError } from './api-error.ts';
import { constraintOf } from './constraint.ts';
import { type Exchange, type Form, generate } from './generation.ts';
import { type CompletionRequest, eachInput } from './requests.ts';

/** What OpenAI's interface takes where a request does not say. */
const USUAL_TOKENS = 16;

export async function complete(exchange: Exchange, request: CompletionRequest): Promise<void> {
  const { model } = exchange;
  model.assertNamed(request.model);
  const texts = eachInput(request.prompt);
  if (request.echo && request.logprobs !== undefined && request.logprobs !== null) {
    throw new ApiError(
      400,
      'invalid_value',
      'how likely a prompt is cannot be told: echo goes without logprobs',
      'echo',
    );
  }
  const most = model.generating.decoder.maxLength - 1;
  const generation = {
    fields: request,
    prompts: texts.map((one) => model.tokensOf(one, { field: 'prompt', most })),
    maxTokens: request.max_tokens ?? USUAL_TOKENS,
    stopIds: model.tokenizer.stopIds,
    logProbabilities: request.logprobs ?? undefined,
    constraint: constraintOf(model, undefined, request.grammar),
  };
  const echoes = request.echo
    ? texts.map((one) => (typeof one === 'string' ? one : model.tokenizer.decode(one)))
    : texts.map(() => '');
  await generate(exchange, generation, completionForm(exchange, echoes, request.n ?? 1));
}

function completionForm({ model }: Exchange, echoes: readonly string[], perPrompt: number): Form {
  const name = (id: number) => Buffer.from(model.bytesOf(id)).toString('utf8');
  const logprobs = ({ tokens }: Piece) => {
    const known = tokens.flatMap(({ probabilities }) => (probabilities ? [probabilities] : []));
    if (known.length === 0) return null;
    return {
      tokens: known.map(({ id }) => name(id)),
      token_logprobs: known.map(({ logProbability }) => logProbability),
      top_logprobs: known.map(({ top }) => Object.fromEntries(top.map((one) => [name(one.id), one.logProbability]))),
    };
  };
  const echo = (index: number) => echoes[Math.floor(index / perPrompt)];
  return {
    idPrefix: 'cmpl',
    object: 'text_completion',
    chunkObject: 'text_completion',
    choice: (answer, index) => ({
      index,
      text: echo(index) + answer.text,
      logprobs: logprobs(answer),
      finish_reason: answer.finishReason,
    }),
    begin: echoes.some((text) => text !== '')
      ? (index) => ({ index, text: echo(index), logprobs: null, finish_reason: null })
      : undefined,
    piece: (piece, index) => ({ index, text: piece.text, logprobs: logprobs(piece), finish_reason: null }),
    end: (answer, index) => ({ index, text: '', logprobs: null, finish_reason: answer.finishReason }),
  };
}
