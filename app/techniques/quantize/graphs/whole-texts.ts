/**
 * Texts as an encoder reads them: each by itself, between the special tokens that frame it. Those tokens carry the largest
 * activations of all (Sun et al. 2024, "massive activations"), so ranges found without them cut off what every text needs.
 */
import { UserError } from '../../../contract/errors.ts';
import { type Example, openExamples, Random } from '../../../datasets/index.ts';
import { encodeTexts } from '../../../models/encode-texts.ts';
import type { Tokenizer } from '../../../models/tokenizer.ts';

/** Rows that are looked through for texts. */
const ROWS = 4096;
const SEED = 41;

/** Whether something follows every text: then texts are read one by one, and not as one stream. */
export const closesTexts = (tokenizer: Tokenizer): boolean =>
  tokenizer.encode('a', { special: true }).at(-1) !== tokenizer.encode('a').at(-1);

export interface TextsRequest {
  readonly file: string;
  readonly format?: string;
  /** Longest text; what is longer is cut as the model's own users cut it. */
  readonly longest: number;
  /** All together, and of how many texts at most. */
  readonly tokens: number;
  readonly count: number;
}

/**
 * Texts from everywhere in the data; the same call gives the same ones.
 * @throws UserError dataset/*, file/*
 */
export async function wholeTexts(tokenizer: Tokenizer, request: TextsRequest): Promise<Int32Array[]> {
  const { file, format, longest, tokens, count } = request;
  const texts: string[] = [];
  const reader = await openExamples(file, { format });
  for await (const batch of reader.rows) {
    for (const { example } of batch) if (example) texts.push(...textsOf(example));
    if (texts.length >= ROWS) break;
  }
  if (texts.length === 0) throw new UserError('dataset/empty', `${file} has no texts`);
  const chosen: Int32Array[] = [];
  let left = tokens;
  for (const i of new Random([SEED]).shuffle([...texts.keys()]).slice(0, count)) {
    if (left <= 0) break;
    const [ids] = encodeTexts(tokenizer, [texts[i]], longest);
    chosen.push(ids);
    left -= ids.length;
  }
  return chosen;
}

function textsOf(example: Example): readonly string[] {
  switch (example.kind) {
    case 'text':
    case 'labelled':
      return [example.text];
    case 'pair':
      return [example.source, example.target];
    case 'completion':
      return [example.prompt, example.completion];
    case 'chat':
      return example.messages.flatMap(({ content }) => (typeof content === 'string' ? [content] : []));
    case 'preference':
      return example.prompt.flatMap(({ content }) => (typeof content === 'string' ? [content] : []));
  }
}
