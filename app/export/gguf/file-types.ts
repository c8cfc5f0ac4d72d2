/** How a GGUF file stores its weights, by the names users know, and which tensors a file of that name gives more bits. */
import type { WritableBlock } from '../../models/weights/index.ts';

/** In the order of size. */
export const GGUF_TYPES = [
  'f16',
  'bf16',
  'q8_0',
  'q6_k',
  'q5_1',
  'q5_k_m',
  'q5_k',
  'q5_0',
  'q4_1',
  'q4_k_m',
  'q4_k',
  'q4_0',
  'iq4_nl',
  'iq4_xs',
  'q3_k_m',
  'q3_k',
  'q2_k',
] as const;
export type FileType = (typeof GGUF_TYPES)[number];
export type Stored = 'float32' | 'float16' | 'bfloat16' | WritableBlock;

/** What a rule may depend on. */
export interface Circumstances {
  readonly layers: number;
  /** Query heads that share a key and a value. */
  readonly queriesPerKey: number;
  readonly importance: boolean;
}

/** Tensors of one part that get another type than the rest. */
export interface Raised {
  /** As GGUF calls it: `attn_v`, `ffn_down`, … */
  readonly part: string;
  readonly to: Stored;
  /** Absent: in every layer. */
  where?(layer: number, circumstances: Circumstances): boolean;
}

export interface FileForm {
  readonly matrix: Stored;
  /** Of the table that gives the logits. */
  readonly table: Stored;
  /** llama.cpp's own rules for the type of this name; the first that fits holds. */
  readonly raised?: readonly Raised[];
  /** `general.file_type`. */
  readonly id: number;
}

type Where = NonNullable<Raised['where']>;
const share = (layers: number, parts: number): number => Math.floor(layers / parts);
const firstEighth: Where = (layer, { layers }) => layer < share(layers, 8);
const firstSixteenth: Where = (layer, { layers }) => layer < share(layers, 16);
/** The first and the last eighth, and every third layer between. */
const spread: Where = (layer, { layers }) =>
  layer < share(layers, 8) || layer >= share(7 * layers, 8) || (layer - share(layers, 8)) % 3 === 2;
const shared: Where = (_, { queriesPerKey }) => queriesPerKey >= 4;
const first =
  (count: number): Where =>
  (layer) =>
    layer < count;
/** Coarse blocks can go astray in the first layers once errors are weighed by importance. */
const guarded: Where = (layer, circumstances) => circumstances.importance && firstEighth(layer, circumstances);
const unguided: Where = (layer, circumstances) => !circumstances.importance && firstEighth(layer, circumstances);

const UNEVEN: readonly Raised[] = [
  { part: 'attn_v', to: 'Q5_K', where: shared },
  { part: 'ffn_down', to: 'Q5_K', where: unguided },
];

export const FILE_TYPES: Readonly<Record<FileType, FileForm>> = {
  f16: { matrix: 'float16', table: 'float16', id: 1 },
  bf16: { matrix: 'bfloat16', table: 'bfloat16', id: 32 },
  q8_0: { matrix: 'Q8_0', table: 'Q8_0', id: 7 },
  q6_k: { matrix: 'Q6_K', table: 'Q6_K', id: 18 },
  q5_1: { matrix: 'Q5_1', table: 'Q6_K', id: 9 },
  q5_k_m: {
    matrix: 'Q5_K',
    table: 'Q6_K',
    raised: [
      { part: 'attn_v', to: 'Q6_K', where: spread },
      { part: 'ffn_down', to: 'Q6_K', where: spread },
      { part: 'attn_qkv', to: 'Q6_K' },
    ],
    id: 17,
  },
  q5_k: { matrix: 'Q5_K', table: 'Q6_K', id: 16 },
  q5_0: {
    matrix: 'Q5_0',
    table: 'Q6_K',
    raised: [{ part: 'ffn_down', to: 'Q5_1', where: guarded }],
    id: 8,
  },
  q4_1: { matrix: 'Q4_1', table: 'Q6_K', id: 3 },
  q4_k_m: {
    matrix: 'Q4_K',
    table: 'Q6_K',
    raised: [
      { part: 'attn_v', to: 'Q6_K', where: spread },
      { part: 'ffn_down', to: 'Q6_K', where: spread },
      { part: 'attn_qkv', to: 'Q5_K' },
    ],
    id: 15,
  },
  q4_k: {
    matrix: 'Q4_K',
    table: 'Q6_K',
    raised: [
      { part: 'attn_v', to: 'Q5_K', where: first(4) },
      { part: 'ffn_down', to: 'Q5_K', where: firstEighth },
    ],
    id: 14,
  },
  q4_0: {
    matrix: 'Q4_0',
    table: 'Q6_K',
    raised: [{ part: 'ffn_down', to: 'Q4_1', where: guarded }],
    id: 2,
  },
  iq4_nl: { matrix: 'IQ4_NL', table: 'Q6_K', raised: UNEVEN, id: 25 },
  iq4_xs: { matrix: 'IQ4_XS', table: 'Q6_K', raised: UNEVEN, id: 30 },
  q3_k_m: {
    matrix: 'Q3_K',
    table: 'Q6_K',
    raised: [
      { part: 'attn_v', to: 'Q5_K', where: first(2) },
      { part: 'attn_v', to: 'Q4_K' },
      { part: 'ffn_down', to: 'Q5_K', where: firstSixteenth },
      { part: 'ffn_down', to: 'Q4_K' },
      { part: 'attn_output', to: 'Q4_K' },
      { part: 'attn_qkv', to: 'Q4_K' },
    ],
    id: 12,
  },
  q3_k: { matrix: 'Q3_K', table: 'Q6_K', id: 11 },
  q2_k: {
    matrix: 'Q2_K',
    table: 'Q6_K',
    raised: [
      { part: 'attn_v', to: 'Q4_K', where: shared },
      { part: 'attn_v', to: 'Q3_K' },
      { part: 'ffn_down', to: 'Q3_K' },
      { part: 'attn_output', to: 'Q3_K' },
    ],
    id: 10,
  },
};
