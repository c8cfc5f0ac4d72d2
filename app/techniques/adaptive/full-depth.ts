/** What exits leave of a classifier that runs all its layers: its answers, and how far off the adaptive graph's are. */
import { argmax } from '../../generate/argmax.ts';
import { NEVER } from '../../models/adaptive-note.ts';
import { exitLogits } from '../../models/graphs/exit-graph.ts';
import type { AdaptContext } from './adapt-context.ts';
import { adaptiveGraph, type ExitRule, type FlatExits, fixedExit } from './exit-graphs.ts';
import { runExits } from './exit-runner.ts';

/** What a model that ends after its last layer answers. */
export async function answersOf(
  flat: FlatExits,
  texts: readonly Int32Array[],
  context: AdaptContext,
): Promise<Int32Array> {
  const z = (await runExits(flat, texts, context)).get(exitLogits(flat.layers))!;
  const { labels } = flat;
  return Int32Array.from(texts, (_, row) => argmax(z.subarray(row * labels, (row + 1) * labels)));
}

/** Largest difference between the whole model and the adaptive one that never stops early. */
export async function compareAtFullDepth(
  flat: FlatExits,
  rule: ExitRule,
  texts: readonly Int32Array[],
  context: AdaptContext,
): Promise<number> {
  const never = new Array<number>(flat.layers - 1).fill(NEVER);
  const plain = fixedExit(flat, flat.layers);
  const nested = adaptiveGraph(flat, rule, never);
  const logitsOf = async (graph: typeof plain) => {
    const results = await runExits(
      { ...flat, graph: { ...graph, outputs: graph.outputs.slice(0, 1) } },
      texts,
      context,
    );
    return [...results.values()][0];
  };
  const [a, b] = [await logitsOf(plain), await logitsOf(nested)];
  return a.reduce((most, z, i) => Math.max(most, Math.abs(z - b[i])), 0);
}
