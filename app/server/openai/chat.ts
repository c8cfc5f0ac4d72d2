/** POST /v1/chat/completions. */
import { ApiError } from './api-error.ts';
import { chatForm } from './chat-form.ts';
import { constraintOf } from './constraint.ts';
import { type Exchange, generate } from './generation.ts';
import type { ChatRequest } from './requests.ts';
import { toolboxOf, withReadCalls } from './tools/toolbox.ts';

export async function chat(exchange: Exchange, request: ChatRequest): Promise<void> {
  const { model } = exchange;
  model.assertNamed(request.model);
  const { maxLength } = model.generating.decoder;
  if (!model.template) throw new ApiError(400, 'no_chat_template', `${model.id} has no chat template`, 'messages');
  const messages = request.messages.map((message) =>
    withReadCalls(message.role === 'developer' ? { ...message, role: 'system' } : message),
  );
  const toolbox = toolboxOf(model, request);
  // A template writes the special tokens itself.
  const conversation = { messages, tools: toolbox?.tools };
  const text = model.template.render(conversation, { generationPrompt: true });
  const prompt = model.tokensOf(text, { field: 'messages', most: maxLength - 1, special: false });
  if (request.top_logprobs && !request.logprobs) {
    throw new ApiError(400, 'invalid_value', 'top_logprobs needs logprobs: true', 'top_logprobs');
  }
  const generation = {
    fields: request,
    prompts: [prompt],
    // A small model was not asked for calls when it was judged.
    messages: toolbox ? undefined : messages,
    maxTokens: request.max_completion_tokens ?? request.max_tokens ?? maxLength,
    stopIds: model.tokenizer.stopIds,
    logProbabilities: request.logprobs ? (request.top_logprobs ?? 0) : undefined,
    constraint: constraintOf(
      model,
      request.response_format,
      request.grammar,
      toolbox?.required && {
        source: [request.tools, request.tool_choice, request.parallel_tool_calls],
        grammar: toolbox.required,
      },
    ),
  };
  await generate(exchange, generation, chatForm(model, toolbox?.reader));
}
