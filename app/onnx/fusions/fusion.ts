/** What a fusion is: a rewrite of a graph into fewer operators that compute the same. */
import { GraphBuilder } from '../../tensor/builder.ts';
import type { AnyValue, Graph, Node } from '../../tensor/graph.ts';

export interface Fusion {
  /** By which it is switched off. */
  readonly name: string;
  readonly help: string;
  apply(graph: Graph): Graph;
}

/** Who makes and who reads each value of a graph. */
export class Uses {
  readonly #makers = new Map<string, Node>();
  readonly #readers = new Map<string, Node[]>();
  readonly #outputs: ReadonlySet<string>;

  constructor(graph: Graph) {
    this.#outputs = new Set(graph.outputs.map((y) => y.name));
    for (const node of graph.nodes) {
      for (const y of node.outputs) if (y) this.#makers.set(y.name, node);
      for (const x of node.inputs) if (x) this.#readers.set(x.name, [...(this.#readers.get(x.name) ?? []), node]);
    }
  }

  maker(value: AnyValue | undefined): Node | undefined {
    return value && this.#makers.get(value.name);
  }

  readers(value: AnyValue): readonly Node[] {
    return this.#readers.get(value.name) ?? [];
  }

  /** Whether nobody but one node reads the value. */
  isPrivate(value: AnyValue): boolean {
    return this.readers(value).length === 1 && !this.#outputs.has(value.name);
  }
}

/** The graph with some nodes written anew: `rewrite` emits what takes a node's place and returns true, or leaves it. */
export function rewriteNodes(graph: Graph, rewrite: (g: GraphBuilder, node: Node) => boolean): Graph {
  const g = new GraphBuilder(graph, { nodes: false });
  for (const node of graph.nodes) if (!rewrite(g, node)) g.append(node);
  for (const output of graph.outputs) g.output(output);
  return g.build();
}
