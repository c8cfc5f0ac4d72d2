/**
 * Where the feed-forward neurons and the heads of each architecture lie in its weights. A part's places are those of the
 * last linear layer's inputs; the weights before it hold the same places one or more times among their outputs.
 */
import { UserError } from '../../contract/errors.ts';
import type { DecoderConfig } from '../../models/architectures/architecture.ts';
import type { Model } from '../../models/model.ts';

/** A module some of whose outputs belong to the part. */
export interface Source {
  readonly module: string;
  /** Where in the module's outputs the places begin. */
  readonly offset: number;
  /** Outputs of the module's section: as many as there are places, or fewer where query heads share them. */
  readonly kind: 'places' | 'keys';
}

export interface WidthPart {
  /** Modules within a block that make the part. */
  readonly sources: readonly Source[];
  /** The module within a block that reads it. */
  readonly reader: string;
}

const from = (module: string, offset = 0, kind: Source['kind'] = 'places'): Source => ({ module, offset, kind });

interface FeedForward extends WidthPart {
  readonly key: string;
  readonly size: number;
}

/** @throws UserError model/unsupported */
export function feedForwardOf({ architecture, config, configJson }: Model): FeedForward {
  const size = (config as DecoderConfig & { readonly intermediate: number }).intermediate;
  switch (architecture.name) {
    case 'gpt2':
      return { sources: [from('mlp.c_fc')], reader: 'mlp.c_proj', key: 'n_inner', size };
    case 'gpt_neox':
      return {
        sources: [from('mlp.dense_h_to_4h')],
        reader: 'mlp.dense_4h_to_h',
        key: 'intermediate_size',
        size,
      };
    case 'opt':
      return { sources: [from('fc1')], reader: 'fc2', key: 'ffn_dim', size };
    case 'bert':
      return { sources: [from('intermediate.dense')], reader: 'output.dense', key: 'intermediate_size', size };
    case 'distilbert':
      return { sources: [from('ffn.lin1')], reader: 'ffn.lin2', key: 'hidden_dim', size };
    case 'modernbert':
      return {
        sources: [from('mlp.Wi'), from('mlp.Wi', size)],
        reader: 'mlp.Wo',
        key: 'intermediate_size',
        size,
      };
    case 'phi3':
      return {
        sources: [from('mlp.gate_up_proj'), from('mlp.gate_up_proj', size)],
        reader: 'mlp.down_proj',
        key: 'intermediate_size',
        size,
      };
    default:
      if (!('intermediate_size' in configJson)) {
        throw new UserError(
          'model/unsupported',
          `the feed-forward of ${architecture.name} cannot be made narrower yet`,
        );
      }
      return {
        sources: [from('mlp.gate_proj'), from('mlp.up_proj')],
        reader: 'mlp.down_proj',
        key: 'intermediate_size',
        size,
      };
  }
}

/** Architectures whose width of a head follows from the model's width: fewer heads would make each of them wider. */
const TIED = ['gpt2', 'gpt_neox', 'opt', 'stablelm'];

/** @throws UserError arguments/incompatible where the configuration cannot say how many heads are left */
export function attentionOf({ architecture, config }: Model): WidthPart {
  if (TIED.includes(architecture.name)) {
    throw new UserError(
      'arguments/incompatible',
      `${architecture.name} derives the width of a head from that of the model: remove neurons or layers instead`,
    );
  }
  const { heads, keyValueHeads, headDim } = config;
  if (architecture.name === 'phi3') {
    const q = heads * headDim;
    const k = keyValueHeads * headDim;
    const fused = 'self_attn.qkv_proj';
    return { sources: [from(fused), from(fused, q, 'keys'), from(fused, q + k, 'keys')], reader: 'self_attn.o_proj' };
  }
  // OLMo 2 normalises whole queries and keys, with a weight for each of their values.
  const norms = architecture.name === 'olmo2' ? [from('self_attn.q_norm'), from('self_attn.k_norm', 0, 'keys')] : [];
  return {
    sources: [
      from('self_attn.q_proj'),
      from('self_attn.k_proj', 0, 'keys'),
      from('self_attn.v_proj', 0, 'keys'),
      ...norms,
    ],
    reader: 'self_attn.o_proj',
  };
}
