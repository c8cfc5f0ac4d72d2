/** One model family: its configuration, its layers, its head. A file each; `index.ts` lists them. */
import type { Value } from '../../tensor/graph.ts';
import type { Head, LayerKit } from './kit.ts';

/** What every decoder's configuration comes down to, whatever its config.json calls it. */
export interface DecoderConfig {
  readonly vocabulary: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDim: number;
  /** Longest sequence the model was made for. */
  readonly maxLength: number;
}

export interface Architecture<C extends DecoderConfig = DecoderConfig> {
  readonly name: string;
  /** Values of config.json's `model_type` that this file serves. */
  readonly modelTypes: readonly string[];
  /** @throws ZodError, UserError model/unsupported naming what is missing */
  readConfig(json: unknown): C;
  /** Token ids to the normed hidden states that the head reads. */
  layers(kit: LayerKit, config: C): Value;
  head(config: C): Head;
}

export function defineArchitecture<C extends DecoderConfig>(architecture: Architecture<C>): Architecture {
  return Object.freeze(architecture) as unknown as Architecture;
}
