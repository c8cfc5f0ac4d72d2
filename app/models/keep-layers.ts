/** A model with some of its layers alone: what its weights are then called, and what its configuration says. */
import { UserError } from '../contract/errors.ts';
import type { DecoderConfig } from './architectures/architecture.ts';

const LAYER = /^((?:.*?\.)?(?:layers?|h|block)\.)(\d+)(\..*)$/;

/** Layers that stay, in their order: of a model with an encoder and a decoder those of either. */
export interface KeptLayers {
  readonly layers: readonly number[];
  /** Of the encoder beside the decoder. */
  readonly encoder?: readonly number[];
}

/** The name that a weight has where only the layers `keep` are left; undefined where its layer goes. */
export function renamed(name: string, keep: readonly number[] | KeptLayers): string | undefined {
  const found = LAYER.exec(name);
  if (!found) return name;
  const { layers, encoder = layers } = 'layers' in keep ? keep : { layers: keep };
  const place = (/(^|\.)encoder\./.test(found[1]) ? encoder : layers).indexOf(Number(found[2]));
  return place < 0 ? undefined : `${found[1]}${place}${found[3]}`;
}

const LAYERS_KEYS = ['num_hidden_layers', 'n_layer', 'n_layers'];
/** Of the encoder and of the decoder, in the words of T5 and Marian; the first that is there counts. */
const ENCODER_KEYS = ['encoder_layers', 'num_layers'];
const DECODER_KEYS = ['decoder_layers', 'num_decoder_layers'];

/** config.json of a model with an encoder and a decoder with some of the layers of either alone. */
export function withSides(
  json: Readonly<Record<string, unknown>>,
  { layers, encoder = layers }: KeptLayers,
): Record<string, unknown> {
  const result: Record<string, unknown> = { ...json };
  for (const key of ENCODER_KEYS) if (key in json) result[key] = encoder.length;
  for (const key of LAYERS_KEYS) if (key in json) result[key] = encoder.length;
  // T5 may leave the decoder's number out, where it is the encoder's.
  if ('num_layers' in json) result.num_decoder_layers = layers.length;
  for (const key of DECODER_KEYS) if (key in json) result[key] = layers.length;
  return result;
}

/** What architectures may know of each layer, besides its weights. */
interface PerLayer extends DecoderConfig {
  readonly windows?: readonly (number | undefined)[];
  readonly turns?: readonly boolean[];
}

/** config.json of the model with the layers `keep` alone; what was said of layers by rule is said of each by name. */
export function withLayers(
  json: Readonly<Record<string, unknown>>,
  config: DecoderConfig,
  keep: readonly number[],
): Record<string, unknown> {
  const keys = LAYERS_KEYS.filter((name) => name in json);
  if (keys.length === 0) throw new UserError('model/bad-config', 'config.json does not say how many layers there are');
  const { windows, turns } = config as PerLayer;
  const result: Record<string, unknown> = { ...json };
  for (const key of keys) result[key] = keep.length;
  if (windows?.some((window) => window !== windows[0])) {
    result.layer_types = keep.map((l) => (windows[l] === undefined ? 'full_attention' : 'sliding_attention'));
  } else if (Array.isArray(json.layer_types)) {
    result.layer_types = keep.map((l) => (json.layer_types as unknown[])[l]);
  }
  if (turns) result.no_rope_layers = keep.map((l) => Number(turns[l]));
  return result;
}
