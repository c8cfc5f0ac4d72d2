/**
 * What an architecture is written with. The same description is handed different kits and so becomes the training and
 * scoring graph, the decoding graph with its cache, the quantized graph, or just the list of its weights.
 */
import type { Value } from '../../tensor/graph.ts';
import type { Rope } from './rope.ts';

export type Activation = 'silu' | 'gelu' | 'gelu-tanh' | 'relu' | 'quick-gelu' | 'tanh';

export interface AttentionSpec {
  readonly layer: number;
  readonly heads: number;
  /** Fewer than `heads`: grouped-query attention (Ainslie et al. 2023). */
  readonly keyValueHeads: number;
  readonly headDim: number;
  /** Factor of the scores; default headDim^-0.5. */
  readonly scale?: number;
  readonly rope?: Rope;
  /** A query sees this many keys, itself included; absent: all before it. */
  readonly window?: number;
  /** Scores become softcap * tanh(score / softcap). */
  readonly softcap?: number;
  /** Every token sees every other of its sequence (encoders); a window then reaches so far to both sides. */
  readonly bidirectional?: boolean;
  /** Keys and values are those of the encoder's tokens. */
  readonly memory?: boolean;
  readonly relativeBias?: RelativeBias;
}

/** A learnt number for each head and range of distances is added to the scores (Raffel et al. 2020). */
export interface RelativeBias {
  /** Module whose `.weight` [buckets, heads] holds them. */
  readonly name: string;
  readonly buckets: number;
  /** Distances from here on share the last bucket. */
  readonly maxDistance: number;
}

export interface LinearSpec {
  readonly inputs: number;
  readonly outputs: number;
  readonly bias?: boolean;
  /** GPT-2 stores [in, out]; everybody else [out, in]. */
  readonly layout?: 'out-in' | 'in-out';
}

export interface RmsNormSpec {
  readonly epsilon: number;
  readonly width: number;
  /** Gemma adds one to the stored weight. */
  readonly offset?: number;
  /** Normalise each head by itself: how many heads the last axis holds. */
  readonly heads?: number;
}

export interface LayerNormSpec {
  readonly epsilon: number;
  readonly width: number;
  readonly bias?: boolean;
}

/** `x` and results: hidden states whose last axis is the feature; the kit decides on the axes before it. */
export interface LayerKit {
  /** Rows of `<name>.weight` [rows, width] for the token ids. */
  embed(name: string, rows: number, width: number): Value;
  /** Rows of `<name>.weight` [rows, width] for the positions (learned position embeddings). */
  embedPositions(name: string, rows: number, width: number, offset?: number): Value;
  /** Rows of a fixed table [rows, width] for the positions. */
  tablePositions(table: Float32Array, width: number): Value;
  /** Rows of `<name>.weight` [rows, width] for the token types (which of two texts a token belongs to). */
  embedTokenTypes(name: string, rows: number, width: number): Value;
  /** What a decoder's layer makes of the encoder's hidden states once: keys or values. */
  memory(layer: number, part: 'key' | 'value', width: number, work: (hidden: Value) => Value): Value;
  linear(x: Value, name: string, spec: LinearSpec): Value;
  rmsNorm(x: Value, name: string, spec: RmsNormSpec): Value;
  layerNorm(x: Value, name: string, spec: LayerNormSpec): Value;
  /** q: [..., heads * headDim], k and v: [..., keyValueHeads * headDim]; result as q. */
  attention(q: Value, k: Value, v: Value, spec: AttentionSpec): Value;
  activation(x: Value, kind: Activation): Value;
  /** activation(gate) * up. */
  gated(gate: Value, up: Value, kind: Activation): Value;
  add(x: Value, y: Value): Value;
  scale(x: Value, factor: number): Value;
  /** Cuts the feature axis; with `heads` that of each head, the pieces of all heads joined again. */
  split(x: Value, sizes: readonly number[], heads?: number): Value[];
  /** One layer: its nodes carry its name, and its input is where checkpointing may cut. */
  layer(index: number, x: Value, work: (x: Value) => Value): Value;
}

/** The output matrix and what is done to its result. */
export interface Head {
  /** Name of the module whose `.weight` [vocabulary, width] makes the logits. */
  readonly name: string;
  readonly vocabulary: number;
  readonly width: number;
  /** Its weight is the embedding's, stored once. */
  readonly tied: boolean;
  readonly bias?: boolean;
  /** Name of a fixed row [1, vocabulary] that is added. */
  readonly addedRow?: string;
  /** Logits are multiplied by this. */
  readonly scale?: number;
  readonly softcap?: number;
}
