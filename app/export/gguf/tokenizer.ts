/** A tokenizer.json as GGUF metadata. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import type { GgufValue } from '../../models/weights/index.ts';

const schema = z.object({
  added_tokens: z
    .array(z.looseObject({ id: z.number(), content: z.string(), special: z.boolean().default(false) }))
    .default([]),
  pre_tokenizer: z.unknown().optional(),
  normalizer: z.unknown().optional(),
  model: z.looseObject({
    type: z.literal('BPE'),
    vocab: z.record(z.string(), z.number()),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
    byte_fallback: z.boolean().optional(),
  }),
});
type TokenizerJson = z.infer<typeof schema>;

/** llama.cpp's token types. */
const NORMAL = 1;
const CONTROL = 3;
const USER_DEFINED = 4;
const UNUSED = 5;
const BYTE = 6;

/**
 * llama.cpp knows pre-tokenizers by name only: the name whose behaviour is that of the given one.
 * @throws UserError export/check-failed never; arguments/incompatible for one llama.cpp has no name for
 */
function preTokenizerName(json: TokenizerJson): string {
  const text = JSON.stringify(json.pre_tokenizer ?? null);
  if (text.includes('\\\\p{N}{1,3}')) return 'llama-bpe';
  if (text.includes('(?i:')) return 'qwen2';
  if (text.includes('"Digits"')) return 'smollm';
  if (text.includes('"ByteLevel"')) return 'gpt-2';
  throw new UserError('arguments/incompatible', 'llama.cpp has no pre-tokenizer like that of this model');
}

const string = (value: string): GgufValue => ({ type: 'string', value });

/**
 * @param vocabulary rows of the embedding: more than the tokenizer has tokens where the table is padded
 * @throws UserError tokenizer/missing, tokenizer/invalid, arguments/incompatible
 */
export async function tokenizerMetadata(
  folder: string,
  vocabulary: number,
  ids: { readonly bos?: number; readonly eos?: number; readonly pad?: number; readonly unknown?: number },
): Promise<Map<string, GgufValue>> {
  const text = await readFile(join(folder, 'tokenizer.json'), 'utf8').catch((cause: unknown) => {
    throw new UserError('tokenizer/missing', `${folder} has no tokenizer.json`, { cause });
  });
  const parsed = schema.safeParse(JSON.parse(text));
  if (!parsed.success)
    throw new UserError('arguments/incompatible', 'only byte-pair tokenizers can be written to GGUF');
  const json = parsed.data;
  const sentencePiece = json.model.byte_fallback === true;
  const tokens: string[] = Array.from({ length: vocabulary }, (_, id) => `[PAD${id}]`);
  const types = new Array<number>(vocabulary).fill(UNUSED);
  for (const [token, id] of Object.entries(json.model.vocab)) {
    tokens[id] = token;
    types[id] = sentencePiece && /^<0x[0-9A-F]{2}>$/.test(token) ? BYTE : NORMAL;
  }
  for (const { id, content, special } of json.added_tokens) {
    tokens[id] = content;
    types[id] = special ? CONTROL : USER_DEFINED;
  }
  const merges = json.model.merges.map((pair) => (typeof pair === 'string' ? pair : pair.join(' ')));
  const metadata = new Map<string, GgufValue>([
    ['tokenizer.ggml.model', string(sentencePiece ? 'llama' : 'gpt2')],
    ...(sentencePiece ? [] : [['tokenizer.ggml.pre', string(preTokenizerName(json))] as const]),
    ['tokenizer.ggml.tokens', { type: 'array', items: 'string', value: tokens }],
    ['tokenizer.ggml.token_type', { type: 'array', items: 'int32', value: types }],
  ]);
  if (sentencePiece) {
    metadata.set('tokenizer.ggml.add_space_prefix', { type: 'bool', value: startsWithSpace(json) });
    metadata.set('tokenizer.ggml.scores', { type: 'array', items: 'float32', value: scores(tokens, merges) });
  } else metadata.set('tokenizer.ggml.merges', { type: 'array', items: 'string', value: merges });
  const names = {
    bos: 'bos_token_id',
    eos: 'eos_token_id',
    pad: 'padding_token_id',
    unknown: 'unknown_token_id',
  } as const;
  for (const [key, name] of Object.entries(names)) {
    const id = ids[key as keyof typeof names];
    if (id !== undefined) metadata.set(`tokenizer.ggml.${name}`, { type: 'uint32', value: id });
  }
  return metadata;
}

/** Whether a text gets a space before it, as SentencePiece does unless it is told not to. */
const startsWithSpace = ({ normalizer, pre_tokenizer }: TokenizerJson): boolean =>
  JSON.stringify(normalizer ?? null).includes('"Prepend"') ||
  /"prepend_scheme":"(first|always)"/.test(JSON.stringify(pre_tokenizer ?? null));

/** SentencePiece merges the pair whose result scores highest: earlier merges score higher. */
function scores(tokens: readonly string[], merges: readonly string[]): number[] {
  const rank = new Map<string, number>();
  merges.forEach((merge, i) => {
    const result = merge.replace(' ', '');
    if (!rank.has(result)) rank.set(result, i);
  });
  return tokens.map((token) => -(rank.get(token) ?? 0));
}
