/** What a family does to logits last: it scales and caps them, which leaves the order of tokens as it is. */
import type { GraphBuilder } from '../../tensor/builder.ts';
import type { Value } from '../../tensor/graph.ts';
import type { Head } from '../architectures/kit.ts';

export function finishLogits(g: GraphBuilder, logits: Value, { scale, softcap }: Head): Value {
  const scaled = scale === undefined ? logits : g.scale(logits, scale);
  return softcap ? g.scale(g.tanh(g.scale(scaled, 1 / softcap)), softcap) : scaled;
}
