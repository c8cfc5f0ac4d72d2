/** Replaces the operators of our own domain by standard ones and ONNX Runtime's, for the device the graph will run on. */
import { readAttributes } from './attributes.ts';
import { GraphBuilder, opOf } from './builder.ts';
import { type AnyValue, type Graph, known, type Value } from './graph.ts';
import { LATHE } from './op.ts';

/** @throws Error for a `lathe` operator without an ONNX form */
export function lower(graph: Graph, device = 'cpu'): Graph {
  let result = graph;
  while (result.nodes.some((node) => node.domain === LATHE)) result = lowerOnce(result, device);
  return result;
}

function lowerOnce(graph: Graph, device: string): Graph {
  const g = new GraphBuilder(graph, { nodes: false });
  const replaced = new Map<string, Value>();
  const current = <T extends AnyValue | undefined>(x: T): T | Value => (x && replaced.get(x.name)) ?? x;
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(current);
    if (node.domain !== LATHE) {
      g.append({ ...node, inputs });
      continue;
    }
    const op = opOf(node);
    if (!op?.lower) throw new Error(`${node.name}: the operator ${node.op} has no ONNX form`);
    const attrs = readAttributes(op.attrs, node.attributes);
    const outputs = node.outputs.map((y) => y && known(y)) as Value[];
    const made = g.scoped(node.name, () => op.lower!({ g, attrs, inputs: inputs as Value[], outputs, device }));
    node.outputs.forEach((y, i) => {
      if (y) replaced.set(y.name, made[i]);
    });
  }
  for (const output of graph.outputs) g.output(current(output), output.name);
  return g.build();
}
