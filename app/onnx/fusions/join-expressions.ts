/** Matrices one after the other along their rows, where each is a constant or made from constants row by row. */
import type { GraphBuilder } from '../../tensor/builder.ts';
import type { AnyValue, Graph, Value } from '../../tensor/graph.ts';
import type { Uses } from './fusion.ts';
import { joinConstants } from './join-constants.ts';

/** Emits the joined matrix. */
export type Joined = (g: GraphBuilder) => Value;

/**
 * Operators that treat every row alike; a reshape does where its first dimension is inferred, a tile where it repeats
 * columns, as those of scales do.
 */
const BY_ROW: ReadonlySet<string> = new Set(['Cast', 'BitShift', 'BitwiseAnd', 'BitwiseOr', 'Reshape', 'Tile']);

/** Undefined where the matrices are made differently, or their constants cannot be joined. */
export function joinExpressions(graph: Graph, uses: Uses, values: readonly AnyValue[]): Joined | undefined {
  const [first] = values;
  if (graph.constants.has(first.name)) {
    // What all share is a number of the recipe, not a matrix.
    if (values.every(({ name }) => name === first.name)) return () => first as Value;
    const constant = joinConstants(values.map(({ name }) => graph.constants.get(name)));
    return constant && ((g) => g.refer(`${first.name}.packed`, constant));
  }
  const nodes = values.map((value) => uses.maker(value));
  const [node] = nodes;
  if (!node || !BY_ROW.has(node.op)) return undefined;
  const attributes = JSON.stringify(node.attributes);
  if (!nodes.every((other) => other?.op === node.op && JSON.stringify(other.attributes) === attributes)) {
    return undefined;
  }
  const inputs = node.inputs.map((_, i) =>
    joinExpressions(
      graph,
      uses,
      nodes.map((other) => other!.inputs[i] as AnyValue),
    ),
  );
  if (!inputs.every((emit) => emit !== undefined)) return undefined;
  const plain = Object.fromEntries(Object.entries(node.attributes).map(([name, { value }]) => [name, value]));
  return (g) =>
    g.op(
      node.op,
      inputs.map((emit) => emit(g)),
      plain,
    );
}
