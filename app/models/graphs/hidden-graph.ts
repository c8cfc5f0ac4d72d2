/** The graph that gives what a decoder's layers make of a text, after the last norm: for embeddings. */
import { GraphBuilder } from '../../tensor/builder.ts';
import type { Graph } from '../../tensor/graph.ts';
import { assertContinues, type Described } from '../architectures/index.ts';
import { CacheKit, type CacheKitOptions } from './cache-kit.ts';

/**
 * Inputs as those of `buildDecodingGraph` with `lengths`, without rows. Output: hidden, float32 [batch, length, width].
 * @throws UserError arguments/incompatible for a model that does not continue a text
 */
export function buildHiddenGraph(described: Described, options: CacheKitOptions): Graph {
  assertContinues(described);
  const g = new GraphBuilder();
  g.output(described.architecture.layers(new CacheKit(g, options, 'lengths'), described.config), 'hidden');
  return g.build('hidden');
}
