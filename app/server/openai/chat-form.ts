/** How the answers of a chat are written, whole or in a stream (https://platform.openai.com/docs/api-reference/chat). */
import { randomUUID } from 'node:crypto';
import type { LogProbabilities, TokenProbability } from '../../generate/log-probabilities.ts';
import type { Answer, Piece } from './answer.ts';
import type { Form } from './generation.ts';
import type { ServedModel } from './served-model.ts';
import { CalledStream, type CertainPart } from './tools/called-stream.ts';
import type { ToolCall, ToolReader } from './tools/reader.ts';

/** @param reader for each choice, where its text may call tools */
export function chatForm({ bytesOf }: Pick<ServedModel, 'bytesOf'>, reader?: () => ToolReader): Form {
  const logprobs = logprobsBy(bytesOf);
  /** By choice. */
  const streams = new Map<number, CalledStream>();
  const stream = (create: () => ToolReader, index: number): CalledStream => {
    const known = streams.get(index) ?? new CalledStream(create());
    streams.set(index, known);
    return known;
  };
  const part = (index: number, certain: CertainPart | undefined) =>
    certain && { index, delta: deltaOf(certain), logprobs: logprobs(certain), finish_reason: null };
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
        ? part(index, stream(reader, index).push(piece))
        : { index, delta: { content: piece.text }, logprobs: logprobs(piece), finish_reason: null },
    rest: reader && ((index) => part(index, stream(reader, index).finish())),
    end: (answer, index) => ({
      index,
      delta: {},
      logprobs: null,
      finish_reason: reasonOf(answer, streams.get(index)?.calls ?? 0),
      ...byWhom(answer),
    }),
  };
}

const called = ({ name, arguments: given }: ToolCall) => ({
  id: `call_${randomUUID().replaceAll('-', '').slice(0, 24)}`,
  type: 'function',
  function: { name, arguments: given },
});

const deltaOf = ({ text, calls, callsBefore }: CertainPart) => ({
  ...(text === '' ? {} : { content: text }),
  ...(calls.length === 0 ? {} : { tool_calls: calls.map((one, i) => ({ index: callsBefore + i, ...called(one) })) }),
});

const reasonOf = ({ finishReason }: Answer, calls: number) => (calls > 0 ? 'tool_calls' : finishReason);

/** Beside what OpenAI's interface has: which model of a cascade answered. */
const byWhom = ({ answeredBy }: Answer) => (answeredBy ? { answered_by: answeredBy } : {});

/** @returns null where nobody asked how likely the tokens were */
function logprobsBy(bytesOf: ServedModel['bytesOf']) {
  const described = ({ id, logProbability }: TokenProbability) => {
    const bytes = bytesOf(id);
    return { token: Buffer.from(bytes).toString('utf8'), logprob: logProbability, bytes: [...bytes] };
  };
  const token = ({ top, ...chosen }: LogProbabilities) => ({ ...described(chosen), top_logprobs: top.map(described) });
  return ({ tokens }: Pick<Piece, 'tokens'>) => {
    const content = tokens.flatMap(({ probabilities }) => (probabilities ? [token(probabilities)] : []));
    return content.length > 0 ? { content, refusal: null } : null;
  };
}
