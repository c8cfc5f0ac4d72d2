/**
 * What the interface takes (https://platform.openai.com/docs/api-reference), and what Lathe adds: top_k, min_p,
 * repetition_penalty, grammar and threshold. Fields that change nothing here (user, store, metadata…) are ignored; those that would
 * change the answer but are not supported are refused.
 */
import { z } from 'zod';

/** More would make every piece of text slow to search. */
const MOST_STOPS = 16;
const MOST_CHOICES = 16;
/** Texts of one request. */
const MOST_INPUTS = 2048;

const text = z.string();
const stop = z
  .union([text, z.array(text).max(MOST_STOPS, `at most ${MOST_STOPS} stop strings`)])
  .nullish()
  .transform((value) => (typeof value === 'string' ? [value] : (value ?? [])).filter((one) => one !== ''));

const count = z.number().int().positive().nullish();

const refused = (what: string) =>
  z
    .unknown()
    .optional()
    .refine((value) => value === undefined || value === null || (Array.isArray(value) && value.length === 0), {
      message: `${what} is not supported`,
    });

const sampling = {
  model: text,
  n: z.number().int().min(1).max(MOST_CHOICES).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  top_k: z.number().int().nonnegative().nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  repetition_penalty: z.number().positive().nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  logit_bias: z.record(z.string().regex(/^\d+$/, 'keys are token ids'), z.number().min(-100).max(100)).nullish(),
  seed: z.number().int().nullish(),
  stop,
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: count,
  /** A grammar in the notation of llama.cpp's GBNF. */
  grammar: text.max(65_536).nullish(),
  /** Of an adaptive decoder or a cascade at temperature 0, from fast (0) to careful (1: the whole, or the large model). */
  threshold: z.number().min(0).max(1).nullish(),
};

const contentPart = z.object({ type: z.literal('text', 'only text can be read'), text });
const message = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content: z
    .union([text, z.array(contentPart)])
    .nullish()
    .transform((value) => (Array.isArray(value) ? value.map((part) => part.text).join('') : (value ?? ''))),
});

const responseFormat = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('json_object') }),
  z.object({
    type: z.literal('json_schema'),
    json_schema: z.object({ name: text.nullish(), schema: z.union([z.record(text, z.unknown()), z.boolean()]) }),
  }),
]);

const toolName = text.regex(/^[\w-]{1,64}$/, 'up to 64 letters, digits, _ and -');
const tool = z.object({
  type: z.literal('function', 'only functions are supported'),
  function: z.object({
    name: toolName,
    description: text.nullish(),
    parameters: z.record(text, z.unknown()).nullish(),
    strict: z.boolean().nullish(),
  }),
});
export type Tool = z.infer<typeof tool>;

export const chatRequest = z.object({
  ...sampling,
  messages: z.array(message).min(1),
  max_completion_tokens: count,
  logprobs: z.boolean().nullish(),
  top_logprobs: z.number().int().min(0).max(20).nullish(),
  response_format: responseFormat.nullish(),
  tools: z.array(tool).max(128).nullish(),
  tool_choice: z
    .union([
      z.enum(['none', 'auto', 'required']),
      z.object({ type: z.literal('function'), function: z.object({ name: toolName }) }),
    ])
    .nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  functions: refused('functions'),
  audio: refused('audio'),
});
export type ChatRequest = z.infer<typeof chatRequest>;

const id = z.number().int().nonnegative();
const several = <T>(one: z.ZodType<T>) => z.array(one).min(1).max(MOST_INPUTS, `at most ${MOST_INPUTS} at once`);
/** A text or the ids of its tokens, or several of them. */
const inputs = z.union([text, several(text), z.array(id).min(1), several(z.array(id).min(1))]);
export const completionRequest = z.object({
  ...sampling,
  prompt: inputs,
  logprobs: z.number().int().min(0).max(5).nullish(),
  echo: z.boolean().nullish(),
  suffix: refused('suffix'),
  best_of: z.literal(1, 'only 1 is supported').nullish(),
});
export type CompletionRequest = z.infer<typeof completionRequest>;

export type SamplingFields = Pick<ChatRequest, keyof typeof sampling>;

export const embeddingRequest = z.object({
  model: text,
  input: inputs,
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: refused('dimensions'),
});
export type EmbeddingRequest = z.infer<typeof embeddingRequest>;

/** One text or list of ids, or several. */
export function eachInput(input: string | string[] | number[] | number[][]): (string | number[])[] {
  if (typeof input === 'string') return [input];
  return typeof input[0] === 'number' ? [input as number[]] : (input as string[] | number[][]);
}
