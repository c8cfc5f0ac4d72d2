/** A model with some of its layers alone: what its weights are then called, and what its configuration says. */
import { UserError } from '../contract/errors.ts';
import type { DecoderConfig } from './architectures/architecture.ts';

const LAYER = /^((?:.*?\.)?(?:layers?|h|block)\.)(\d+)(\..*)$/;

/** The name that a weight has where only the layers `keep` are left; undefined where its layer goes. */
export function renamed(name: string, keep: readonly number[]): string | undefined {
  const found = LAYER.exec(name);
  if (!found) return name;
  const place = keep.indexOf(Number(found[2]));
  return place < 0 ? undefined : `${found[1]}${place}${found[3]}`;
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
  const keys = ['num_hidden_layers', 'n_layer', 'n_layers'].filter((name) => name in json);
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
