/** All fusions, in the order in which they are tried: the later ones build on what the earlier ones left. */
import type { Graph } from '../../tensor/graph.ts';
import { foldBias } from './fold-bias.ts';
import type { Fusion } from './fusion.ts';
import { packAttention } from './pack-attention.ts';
import { packProducts } from './pack-products.ts';
import { skipNorm } from './skip-norm.ts';

export const FUSIONS = [foldBias, packProducts, packAttention, skipNorm] as const satisfies readonly Fusion[];

/**
 * The same function in fewer operators, for the CPU.
 * @param without names of fusions to leave out
 */
export function fuse(graph: Graph, without: readonly string[] = []): Graph {
  return FUSIONS.filter(({ name }) => !without.includes(name)).reduce((g, fusion) => fusion.apply(g), graph);
}
