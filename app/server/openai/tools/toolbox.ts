/** The tools of one chat request: whether and how this model can call them, and what it is held to. */
import type { Grammar } from '../../../generate/constrain/expression.ts';
import type { Message } from '../../../models/chat-template.ts';
import { ApiError, blaming } from '../api-error.ts';
import type { ChatRequest, Tool } from '../requests.ts';
import type { ServedModel } from '../served-model.ts';
import { TOOL_FORMATS, type ToolFormat } from './formats.ts';
import { grammarOfCalls } from './grammar.ts';
import { ToolReader } from './reader.ts';

export interface Toolbox {
  readonly tools: readonly Tool[];
  /** Where a tool must be called: which texts do. */
  readonly required?: () => Grammar;
  reader(): ToolReader;
}

/**
 * Undefined where no tool may be called.
 * @throws ApiError where the model's template knows no tools, or calls them in a way that is not known here
 */
export function toolboxOf(model: ServedModel, request: ChatRequest): Toolbox | undefined {
  const { tools, tool_choice: choice, parallel_tool_calls: several } = request;
  if (!tools || tools.length === 0) {
    if (!choice || choice === 'none' || choice === 'auto') return undefined;
    throw new ApiError(400, 'invalid_value', 'tool_choice needs tools', 'tool_choice');
  }
  if (choice === 'none') return undefined;
  const format = formatOf(model);
  const named = typeof choice === 'object' && choice !== null ? choice.function.name : undefined;
  const callable = named === undefined ? tools : tools.filter((tool) => tool.function.name === named);
  if (callable.length === 0) {
    throw new ApiError(400, 'invalid_value', `there is no tool "${named}" among the tools`, 'tool_choice');
  }
  const grammar = (): Grammar => {
    try {
      return grammarOfCalls(callable, format, several === true);
    } catch (error) {
      throw blaming('tools', error);
    }
  };
  return {
    tools,
    required: named !== undefined || choice === 'required' ? grammar : undefined,
    reader: () =>
      new ToolReader(
        format,
        callable.map((tool) => tool.function.name),
      ),
  };
}

function formatOf({ id, template }: ServedModel): ToolFormat {
  const sources = [...(template?.sources ?? [])];
  const used = sources.find(([name]) => name === 'tool_use') ?? sources.find(([name]) => name === 'default');
  const format = used && TOOL_FORMATS.find(({ asks }) => asks(used[1]));
  if (format) return format;
  const known = TOOL_FORMATS.map(({ name }) => name).join(', ');
  const text = `the chat template of ${id} tells of no tools, or in a way that is not known here (known: ${known})`;
  throw new ApiError(400, 'tools_not_supported', text, 'tools');
}

/** Templates take the arguments of earlier calls as values, programs send them as JSON. */
export function withReadCalls(message: Message): Message {
  if (!Array.isArray(message.tool_calls)) return message;
  const calls = (message.tool_calls as readonly Record<string, unknown>[]).map((call) => {
    const called = call?.function as Record<string, unknown> | undefined;
    if (typeof called?.arguments !== 'string') return call;
    try {
      return { ...call, function: { ...called, arguments: JSON.parse(called.arguments) as unknown } };
    } catch {
      throw new ApiError(400, 'invalid_value', 'the arguments of a tool call are not valid JSON', 'messages');
    }
  });
  return { ...message, tool_calls: calls };
}
