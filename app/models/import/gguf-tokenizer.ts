/** Rebuilds tokenizer.json and tokenizer_config.json from the vocabulary and merges in a GGUF file. */
import { UserError } from '../../contract/errors.ts';
import type { Metadata } from './gguf-values.ts';

const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const REST = '| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const LLAMA3 = `${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}${REST}`;
const QWEN2 = `${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}${REST}`;

const byteLevel = (regex: boolean) => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: regex,
});
const split = (pattern: string) => ({
  type: 'Sequence',
  pretokenizers: [
    { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false },
    byteLevel(false),
  ],
});

interface Scheme {
  readonly pre_tokenizer: unknown;
  readonly normalizer?: unknown;
  readonly ignoreMerges?: boolean;
}

/** By llama.cpp's names of pre-tokenizers. */
const SCHEMES: Readonly<Record<string, Scheme>> = {
  'gpt-2': { pre_tokenizer: byteLevel(true) },
  default: { pre_tokenizer: byteLevel(true) },
  smollm: {
    pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits: true }, byteLevel(true)] },
  },
  'llama-bpe': { pre_tokenizer: split(LLAMA3), ignoreMerges: true },
  llama3: { pre_tokenizer: split(LLAMA3), ignoreMerges: true },
  'llama-v3': { pre_tokenizer: split(LLAMA3), ignoreMerges: true },
  qwen2: { pre_tokenizer: split(QWEN2), normalizer: { type: 'NFC' } },
};

/** llama.cpp's token types. */
const UNKNOWN = 2;
const CONTROL = 3;
const USER_DEFINED = 4;

export interface TokenizerFiles {
  readonly tokenizer: object;
  readonly tokenizerConfig: object;
  readonly template: string | undefined;
  readonly ids: { readonly bos?: number; readonly eos: readonly number[]; readonly pad?: number };
}

/** @throws UserError model/unsupported for a kind of tokenizer we don't know, weights/corrupt for one that is incomplete */
export function readTokenizer(metadata: Metadata, maxLength: number, file: string): TokenizerFiles {
  const kind = metadata.string('tokenizer.ggml.model');
  const tokens = metadata.strings('tokenizer.ggml.tokens');
  if (!kind || !tokens) throw new UserError('weights/corrupt', `${file} holds no tokenizer`);
  const types = metadata.numbers('tokenizer.ggml.token_type') ?? [];
  const id = (name: string) => {
    const value = metadata.number(`tokenizer.ggml.${name}_token_id`);
    return value !== undefined && value < tokens.length ? value : undefined;
  };
  const [bos, eos, unknown, pad, endOfTurn] = ['bos', 'eos', 'unknown', 'padding', 'eot'].map(id);
  const added = tokens.flatMap((content, index) => {
    const special = types[index] === CONTROL || types[index] === UNKNOWN;
    if (!special && types[index] !== USER_DEFINED) return [];
    return [{ id: index, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special }];
  });
  const addBos = metadata.boolean('tokenizer.ggml.add_bos_token') ?? kind === 'llama';
  const vocab = Object.fromEntries(tokens.map((token, index) => [token, index]));
  const model =
    kind === 'gpt2'
      ? byteLevelModel(metadata, vocab, file)
      : kind === 'llama'
        ? sentencePieceModel(metadata, tokens, vocab, unknown)
        : undefined;
  if (!model) throw new UserError('model/unsupported', `${file}: tokenizers of the kind "${kind}" cannot be read`);
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    ...model,
    post_processor: addBos && bos !== undefined ? startingWith(tokens[bos], bos) : null,
  };
  const template = metadata.string('tokenizer.chat_template');
  const named = (index: number | undefined) => (index === undefined ? null : tokens[index]);
  const tokenizerConfig = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    add_bos_token: addBos,
    bos_token: named(bos),
    eos_token: named(eos),
    unk_token: named(unknown),
    pad_token: named(pad),
    model_max_length: maxLength,
    clean_up_tokenization_spaces: false,
    ...(template === undefined ? {} : { chat_template: template }),
  };
  const stops = [...new Set([eos, endOfTurn].filter((value) => value !== undefined))];
  return { tokenizer, tokenizerConfig, template, ids: { bos, eos: stops, pad } };
}

const BPE = {
  type: 'BPE',
  dropout: null,
  continuing_subword_prefix: null,
  end_of_word_suffix: null,
};

function byteLevelModel(metadata: Metadata, vocab: Record<string, number>, file: string): object {
  const merges = metadata.strings('tokenizer.ggml.merges');
  if (!merges) throw new UserError('weights/corrupt', `${file} holds no merges`);
  const name = metadata.string('tokenizer.ggml.pre') ?? 'default';
  const scheme = SCHEMES[name];
  if (!scheme) throw new UserError('model/unsupported', `${file}: the pre-tokenizer "${name}" is not known`);
  return {
    normalizer: scheme.normalizer ?? null,
    pre_tokenizer: scheme.pre_tokenizer,
    decoder: { ...byteLevel(true), add_prefix_space: true },
    model: {
      ...BPE,
      unk_token: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: scheme.ignoreMerges ?? false,
      vocab,
      merges,
    },
  };
}

/** SentencePiece's BPE as transformers writes it: merges in the order of the scores of what they make. */
function sentencePieceModel(
  metadata: Metadata,
  tokens: readonly string[],
  vocab: Record<string, number>,
  unknown: number | undefined,
): object {
  const scores = metadata.numbers('tokenizer.ggml.scores') ?? [];
  const merges: { readonly pair: string; readonly score: number }[] = [];
  tokens.forEach((token, index) => {
    const characters = [...token];
    const splits: [number, number][] = [];
    for (let i = 1; i < characters.length; i++) {
      const left = vocab[characters.slice(0, i).join('')];
      const right = vocab[characters.slice(i).join('')];
      if (left !== undefined && right !== undefined) splits.push([left, right]);
    }
    splits.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    for (const [left, right] of splits)
      merges.push({ pair: `${tokens[left]} ${tokens[right]}`, score: scores[index] ?? 0 });
  });
  merges.sort((a, b) => b.score - a.score);
  const prefixed = metadata.boolean('tokenizer.ggml.add_space_prefix') ?? true;
  const replace = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };
  return {
    normalizer: prefixed ? { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '▁' }, replace] } : replace,
    pre_tokenizer: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...(prefixed ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
      ],
    },
    model: {
      ...BPE,
      unk_token: unknown === undefined ? null : tokens[unknown],
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab,
      merges: merges.map(({ pair }) => pair),
    },
  };
}

const startingWith = (token: string, id: number) => ({
  type: 'TemplateProcessing',
  single: [{ SpecialToken: { id: token, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
  pair: [
    { SpecialToken: { id: token, type_id: 0 } },
    { Sequence: { id: 'A', type_id: 0 } },
    { SpecialToken: { id: token, type_id: 1 } },
    { Sequence: { id: 'B', type_id: 1 } },
  ],
  special_tokens: { [token]: { id: token, ids: [id], tokens: [token] } },
});
