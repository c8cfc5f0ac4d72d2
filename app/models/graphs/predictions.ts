/** From hidden states to what a model is asked for: logits of tokens or of labels, for scoring and training alike. */
import type { GraphBuilder } from '../../tensor/builder.ts';
import type { Value } from '../../tensor/graph.ts';
import type { Described } from '../architectures/index.ts';
import { SequenceKit, type SequenceKitOptions } from './sequence-kit.ts';

export interface Trunk {
  /** The kit of the tokens that are predicted from: the decoder's where there are two. */
  readonly kit: SequenceKit;
  /** [tokens, width] */
  readonly hidden: Value;
  /** Hidden states of the encoder of an encoder-decoder, [batch*length, width]. */
  readonly encoded?: Value;
}

/** All layers. Inputs: input_ids, position_ids, segment_ids (int64 [batch, length]), for encoder-decoders also `decoder_…`. */
export function buildTrunk(g: GraphBuilder, described: Described, options: SequenceKitOptions): Trunk {
  const { architecture, config } = described;
  const kit = new SequenceKit(g, options);
  if (!architecture.encode) return { kit, hidden: architecture.layers(kit, config) };
  const encoded = g.scoped('encoder', () => architecture.encode!(kit, config));
  const decoder = new SequenceKit(g, options, { kit, hidden: encoded });
  decoder.tokenEmbedding = kit.tokenEmbedding;
  return { kit: decoder, hidden: g.scoped('decoder', () => architecture.layers(decoder, config)), encoded };
}

/**
 * Hidden states [rows, width] of what is asked for. Further input: rows int64 [rows], the tokens, counted through the
 * batch (for classification of texts the first or last token of each); where texts are classified by their mean, instead
 * pooling float32 [rows, batch*length], each row the weights of a text's tokens.
 */
export function askedRows(g: GraphBuilder, { task }: Described, { kit, hidden }: Trunk): Value {
  if (task.kind === 'classification' && task.pooling === 'mean') {
    return g.matmul(g.input('pooling', 'float32', ['rows', kit.tokens]), hidden);
  }
  return g.gather(hidden, g.input('rows', 'int64', ['rows']));
}

/** Logits [rows, vocabulary] or [rows, labels] of rows of hidden states. */
export function logitsOf({ architecture, config, task }: Described, { kit }: Trunk, rows: Value): Value {
  if (task.kind === 'token-classification') {
    if (architecture.classifyTokens) return architecture.classifyTokens(kit, config, rows, task.labels);
    return kit.linear(rows, 'score', { inputs: config.width, outputs: task.labels, bias: true });
  }
  if (task.kind !== 'classification') return kit.logits(rows, architecture.head(config));
  if (architecture.classify) return architecture.classify(kit, config, rows, task.labels);
  return kit.linear(rows, 'score', { inputs: config.width, outputs: task.labels });
}
