/** One model family: its configuration, its layers, its head. A file each; `index.ts` lists them. */
import { UserError } from '../../contract/errors.ts';
import type { Value } from '../../tensor/graph.ts';
import type { Head, LayerKit } from './kit.ts';

/** What every configuration comes down to, whatever its config.json calls it. */
export interface DecoderConfig {
  readonly vocabulary: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDim: number;
  /** Longest sequence the model was made for. */
  readonly maxLength: number;
  /** Positions are counted over the tokens that are not this one (RoBERTa). */
  readonly positionsSkip?: number;
  /** Encoder-decoders: the token that an answer begins with. */
  readonly decoderStart?: number;
}

/** Where the vector that a text is classified by comes from: its first or last token, or the mean of all. */
export type Pooling = 'first' | 'last' | 'mean';

/**
 * How an encoder whose classifier reads the first token can read the mean of all tokens instead, in a form that every
 * program knows: by one more layer whose queries and keys are zero, so that every token attends to all alike.
 */
export interface MeanLayer {
  /** What config.json calls the number of layers. */
  readonly layersKey: string;
  /** Names of the layer's modules begin like this. */
  readonly path: string;
  /** Inside the layer: the projection of values and that of the attention's result. */
  readonly value: string;
  readonly output: string;
  /** The head's own layer before its output, where it can hand on what it gets (a tanh of small values). */
  readonly handsOn?: string;
}

/** `encoder`: hidden states of a text; `decoder`: the next token; `encoder-decoder`: the next token of an answer. */
export type ArchitectureKind = 'decoder' | 'encoder' | 'encoder-decoder';

export interface Architecture<C extends DecoderConfig = DecoderConfig> {
  readonly name: string;
  readonly kind: ArchitectureKind;
  /** Values of config.json's `model_type` that this file serves. */
  readonly modelTypes: readonly string[];
  /**
   * @param has whether the model's files hold a tensor, where configurations alone don't tell
   * @throws ZodError, UserError model/unsupported naming what is missing
   */
  readConfig(json: unknown, has?: (tensor: string) => boolean): C;
  /** Token ids to hidden states: for a decoder the normed ones that the head reads. */
  layers(kit: LayerKit, config: C): Value;
  /** Encoder-decoders: token ids of the input to the hidden states that the decoder's layers look at. */
  encode?(kit: LayerKit, config: C): Value;
  /** @throws UserError arguments/incompatible for an encoder, which predicts no next token */
  head(config: C): Head;
  /** Encoders: the `pooler_output` of hidden states of first tokens [rows, width], where the model has a pooler. */
  pool?(kit: LayerKit, config: C, first: Value): Value;
  /** Logits [rows, labels] of pooled hidden states [rows, width]; absent: one linear layer named `score`. */
  classify?(kit: LayerKit, config: C, pooled: Value, labels: number): Value;
  /** Logits [rows, labels] of tokens' hidden states [rows, width]; absent: one linear layer with a bias named `score`. */
  classifyTokens?(kit: LayerKit, config: C, hidden: Value, labels: number): Value;
  /** Default: `first` for encoders, `last` for decoders. */
  pooling?(config: C): Pooling;
  /** Of a configuration as it is: the layer that would come after its last. */
  meanLayer?(config: C): MeanLayer;
}

type Description<C extends DecoderConfig> = Omit<Architecture<C>, 'kind'>;

/** A decoder. */
export function defineArchitecture<C extends DecoderConfig>(description: Description<C>): Architecture {
  return Object.freeze({ kind: 'decoder', ...description }) as unknown as Architecture;
}

export function defineEncoder<C extends DecoderConfig>(description: Omit<Description<C>, 'head'>): Architecture {
  const head = (): Head => {
    throw new UserError('arguments/incompatible', `${description.name} is an encoder: it predicts no next token`);
  };
  return Object.freeze({ kind: 'encoder', ...description, head }) as unknown as Architecture;
}

export function defineEncoderDecoder<C extends DecoderConfig>(
  description: Description<C> & Required<Pick<Architecture<C>, 'encode'>>,
): Architecture {
  return Object.freeze({ kind: 'encoder-decoder', ...description }) as unknown as Architecture;
}
