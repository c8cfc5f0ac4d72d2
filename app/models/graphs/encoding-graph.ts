/** The graph that reads the input of an encoder-decoder once and gives what each layer of the decoder looks at. */
import { GraphBuilder } from '../../tensor/builder.ts';
import type { Graph } from '../../tensor/graph.ts';
import type { Described } from '../architectures/index.ts';
import { memoryName } from './cache-kit.ts';
import { buildTrunk } from './predictions.ts';
import { withoutUnread } from './unread.ts';

/**
 * Inputs: input_ids, position_ids, segment_ids int64 [batch, length] and every weight that is needed by its name.
 * Outputs: encoder.<l>.key|value [batch, length, heads * head dim].
 */
export function buildEncodingGraph(described: Described, maxLength: number): Graph {
  const g = new GraphBuilder();
  const { kit } = buildTrunk(g, described, { maxLength });
  for (const [place, value] of kit.memories) {
    const [layer, part] = place.split('.');
    const width = value.shape.at(-1) as number;
    const whole = g.reshape(value, ['batch', 'length', width]);
    g.output(whole, memoryName(Number(layer), part as 'key' | 'value'));
  }
  // The decoder is described too, to find what it makes of the encoder's result; no output needs the rest of it.
  return withoutUnread(g.build('encoding'));
}
