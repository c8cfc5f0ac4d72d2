/** How deep each weight of a classifier lies, for learning from the top down. */

import type { Described } from '../../models/architectures/index.ts';
import { buildTrunk } from '../../models/graphs/predictions.ts';
import { GraphBuilder } from '../../tensor/builder.ts';

/**
 * 0 for the head and what comes after the last layer, 1 for the last layer, and so on down to the embeddings, which have
 * one more than there are layers. Names that are missing belong to the head: 0.
 */
export function depthsOf(described: Described): Map<string, number> {
  const { kit } = buildTrunk(new GraphBuilder(), described, { maxLength: 1 });
  const layers = kit.layerInputs.length;
  // Weights outside layers come before the first or after the last one, which the order tells.
  const names = [...kit.weights.keys()];
  const firstInLayer = names.findIndex((name) => kit.layerOf.has(name));
  return new Map(
    names.map((name, at) => {
      const layer = kit.layerOf.get(name);
      return [name, layer !== undefined ? layers - layer : at < firstInLayer ? layers + 1 : 0];
    }),
  );
}

/**
 * Stages of gradual unfreezing (Howard and Ruder 2018): the deepest depth that learns in each epoch. The first epoch has
 * the head and the last layers, the last one everything.
 */
export function unfreezing(layers: number, epochs: number): number[] {
  return Array.from({ length: epochs }, (_, epoch) => Math.ceil(((epoch + 1) * (layers + 1)) / epochs));
}
