/** POST /v1/chat/completions. */
import type { LogProbabilities, TokenProbability } from '../../generate/log-probabilities.ts';
import type { Piece } from './answer.ts';
import { ApiError } from './api-error.ts';
import { constraintOf } from './constraint.ts';
import { type Exchange, type Form, generate } from './generation.ts';
import type { ChatRequest } from './requests.ts';

export async function chat(exchange: Exchange, request: ChatRequest): Promise<void> {
  const { model } = exchange;
  model.assertNamed(request.model);
  const { maxLength } = model.generating.decoder;
  if (!model.template) throw new ApiError(400, 'no_chat_template', `${model.id} has no chat template`, 'messages');
  const messages = request.messages.map((message) =>
    message.role === 'developer' ? { ...message, role: 'system' } : message,
  );
  // A template writes the special tokens itself.
  const prompt = model.tokenizer.encode(model.template.render({ messages }, { generationPrompt: true }));
  if (request.top_logprobs && !request.logprobs) {
    throw new ApiError(400, 'invalid_value', 'top_logprobs needs logprobs: true', 'top_logprobs');
  }
  const generation = {
    fields: request,
    prompts: [prompt],
    maxTokens: request.max_completion_tokens ?? request.max_tokens ?? maxLength,
    stopIds: model.tokenizer.stopIds,
    logProbabilities: request.logprobs ? (request.top_logprobs ?? 0) : undefined,
    constraint: constraintOf(model, request.response_format, request.grammar),
  };
  await generate(exchange, generation, chatForm(exchange));
}

function chatForm({ model }: Exchange): Form {
  const described = ({ id, logProbability }: TokenProbability) => {
    const bytes = model.bytesOf(id);
    return { token: Buffer.from(bytes).toString('utf8'), logprob: logProbability, bytes: [...bytes] };
  };
  const token = ({ top, ...chosen }: LogProbabilities) => ({ ...described(chosen), top_logprobs: top.map(described) });
  const logprobs = ({ tokens }: Piece) => {
    const content = tokens.flatMap(({ probabilities }) => (probabilities ? [token(probabilities)] : []));
    return tokens.some(({ probabilities }) => probabilities) ? { content, refusal: null } : null;
  };
  return {
    idPrefix: 'chatcmpl',
    object: 'chat.completion',
    chunkObject: 'chat.completion.chunk',
    choice: (answer, index) => ({
      index,
      message: { role: 'assistant', content: answer.text, refusal: null },
      logprobs: logprobs(answer),
      finish_reason: answer.finishReason,
    }),
    begin: (index) => ({ index, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null }),
    piece: (piece, index) => ({
      index,
      delta: { content: piece.text },
      logprobs: logprobs(piece),
      finish_reason: null,
    }),
    end: (answer, index) => ({ index, delta: {}, logprobs: null, finish_reason: answer.finishReason }),
  };
}
