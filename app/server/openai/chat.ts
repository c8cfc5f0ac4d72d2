/** POST /v1/chat/completions. */
import { randomUUID } from 'node:crypto';
import type { BatchToken } from '../../generate/batch/sequence.ts';
import type { LogProbabilities, TokenProbability } from '../../generate/log-probabilities.ts';
import type { Answer, Piece } from './answer.ts';
import { ApiError } from './api-error.ts';
import { constraintOf } from './constraint.ts';
import { type Exchange, type Form, generate } from './generation.ts';
import type { ChatRequest } from './requests.ts';
import type { Parted, ToolCall, ToolReader } from './tools/reader.ts';
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
  await generate(exchange, generation, chatForm(exchange, toolbox?.reader));
}

/** Beside what OpenAI's interface has: which model of a cascade answered. */
const byWhom = ({ answeredBy }: Answer) => (answeredBy ? { answered_by: answeredBy } : {});

/** @param reader for each choice, where its text may call tools */
function chatForm({ model }: Exchange, reader?: () => ToolReader): Form {
  const described = ({ id, logProbability }: TokenProbability) => {
    const bytes = model.bytesOf(id);
    return { token: Buffer.from(bytes).toString('utf8'), logprob: logProbability, bytes: [...bytes] };
  };
  const token = ({ top, ...chosen }: LogProbabilities) => ({ ...described(chosen), top_logprobs: top.map(described) });
  const logprobs = ({ tokens }: Piece) => {
    const content = tokens.flatMap(({ probabilities }) => (probabilities ? [token(probabilities)] : []));
    return tokens.some(({ probabilities }) => probabilities) ? { content, refusal: null } : null;
  };
  const called = ({ name, arguments: given }: ToolCall) => ({
    id: `call_${randomUUID().replaceAll('-', '').slice(0, 24)}`,
    type: 'function',
    function: { name, arguments: given },
  });
  const reasonOf = (answer: Answer, calls: number) => (calls > 0 ? 'tool_calls' : answer.finishReason);
  /** By choice, in a stream. */
  const streams = new Map<number, { readonly reader: ToolReader; tokens: BatchToken[]; calls: number }>();
  const follow = (reader: () => ToolReader, index: number) => {
    const known = streams.get(index);
    if (known) return known;
    const begun = { reader: reader(), tokens: [], calls: 0 };
    streams.set(index, begun);
    return begun;
  };
  /** What has become certain of a choice: nothing while a call is being written. */
  const parted = (index: number, { tokens }: Pick<Piece, 'tokens'>, read: (reader: ToolReader) => Parted) => {
    const stream = follow(reader!, index);
    const { content, calls } = read(stream.reader);
    stream.tokens.push(...tokens);
    if (content === '' && calls.length === 0) return undefined;
    const delta = {
      ...(content === '' ? {} : { content }),
      ...(calls.length === 0
        ? {}
        : { tool_calls: calls.map((one, i) => ({ index: stream.calls + i, ...called(one) })) }),
    };
    stream.calls += calls.length;
    const probabilities = logprobs({ text: content, tokens: stream.tokens });
    stream.tokens = [];
    return { index, delta, logprobs: probabilities, finish_reason: null };
  };
  return {
    idPrefix: 'chatcmpl',
    object: 'chat.completion',
    chunkObject: 'chat.completion.chunk',
    choice(answer, index) {
      const read = reader?.();
      read?.push(answer.text);
      read?.finish();
      const { content, calls } = read?.whole ?? { content: answer.text, calls: [] };
      const message = {
        role: 'assistant',
        content: calls.length > 0 && content === '' ? null : content,
        refusal: null,
      };
      return {
        index,
        message: calls.length > 0 ? { ...message, tool_calls: calls.map(called) } : message,
        logprobs: logprobs(answer),
        finish_reason: reasonOf(answer, calls.length),
        ...byWhom(answer),
      };
    },
    begin: (index) => ({ index, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null }),
    piece: (piece, index) =>
      reader
        ? parted(index, piece, (one) => one.push(piece.text))
        : { index, delta: { content: piece.text }, logprobs: logprobs(piece), finish_reason: null },
    rest: reader && ((index) => parted(index, { tokens: [] }, (one) => one.finish())),
    end: (answer, index) => ({
      index,
      delta: {},
      logprobs: null,
      finish_reason: reasonOf(answer, streams.get(index)?.calls ?? 0),
      ...byWhom(answer),
    }),
  };
}
