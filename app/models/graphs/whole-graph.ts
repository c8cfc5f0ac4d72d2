/** A whole encoder or classifier as other runtimes call it: token ids and a mask in, what it returns out; nothing else to prepare. */
import { GraphBuilder } from '../../tensor/builder.ts';
import type { Graph, Value } from '../../tensor/graph.ts';
import type { Pooling } from '../architectures/architecture.ts';
import type { Described } from '../architectures/index.ts';
import { buildTrunk, logitsOf } from './predictions.ts';
import { BATCH, LENGTH } from './token-grid.ts';
import { withoutUnread } from './unread.ts';

/**
 * Inputs: input_ids, attention_mask int64 [batch, length], token_type_ids where the model has them, every weight by its
 * name. Output: logits float32 [batch, labels], of tokens' labels [batch, length, labels]; of a bare encoder last_hidden_state [batch, length, width], and
 * pooler_output [batch, width] where it has a pooler.
 */
export function buildWholeGraph(described: Described, maxLength: number): Graph {
  const { architecture, config, task } = described;
  const g = new GraphBuilder();
  const ids = g.input('input_ids', 'int64', [BATCH, LENGTH]);
  const mask = g.input('attention_mask', 'int64', [BATCH, LENGTH]);
  const given = { input_ids: ids, segment_ids: mask, position_ids: positionsOf(g, ids, config.positionsSkip) };
  const trunk = buildTrunk(g, described, { maxLength, given });
  const hidden = g.reshape(trunk.hidden, [BATCH, LENGTH, config.width]);
  if (task.kind === 'token-classification') {
    g.output(g.reshape(logitsOf(described, trunk, trunk.hidden), [BATCH, LENGTH, task.labels]), 'logits');
  } else if (task.kind === 'classification') {
    g.output(logitsOf(described, trunk, pool(g, hidden, mask, task.pooling)), 'logits');
  } else {
    g.output(hidden, 'last_hidden_state');
    const first = pool(g, hidden, mask, 'first');
    const pooled = architecture.pool?.(trunk.kit, config, first) ?? first;
    if (pooled !== first) g.output(pooled, 'pooler_output');
  }
  return withoutUnread(g.build('whole'));
}

/** 0, 1, 2, … in each row; with `skip` counted over the tokens that are not it, which get -1. */
export function positionsOf(g: GraphBuilder, ids: Value, skip: number | undefined): Value {
  const one = g.scalar(1, 'int64');
  const axis = g.scalar(1, 'int64');
  if (skip === undefined) {
    const ones = g.add(g.mul(ids, g.scalar(0, 'int64')), one);
    return g.sub(g.op('CumSum', [ones, axis]), one);
  }
  const counted = g.sub(one, g.cast(g.op('Equal', [ids, g.scalar(skip, 'int64')]), 'int64'));
  return g.sub(g.mul(g.op('CumSum', [counted, axis]), counted), one);
}

/** [batch, length, width] -> [batch, width] */
export function pool(g: GraphBuilder, hidden: Value, mask: Value, pooling: Pooling): Value {
  if (pooling === 'first') return g.gather(hidden, g.scalar(0, 'int64'), 1);
  const seen = g.cast(mask, 'float32');
  const weights = pooling === 'mean' ? g.div(seen, g.reduceSum(seen, [1])) : lastSeen(g, mask);
  return g.squeeze(g.matmul(g.unsqueeze(weights, [1]), hidden), [1]);
}

/** 1 at the last token that is not masked, else 0: float32 [batch, length]. */
function lastSeen(g: GraphBuilder, mask: Value): Value {
  const one = g.scalar(1, 'int64');
  const places = g.mul(positionsOf(g, g.add(mask, one), undefined), mask);
  return g.cast(g.op('Equal', [places, g.reduceMax(places, [1])]), 'float32');
}
