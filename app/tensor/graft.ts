/** Puts a finished graph into one that is being built: what it reads is there already, what it makes gets new names. */
import type { GraphBuilder } from './builder.ts';
import { type AnyValue, type Graph, known, type Value } from './graph.ts';

/**
 * @param name goes before the names of the part's nodes, values and constants: a part may be put in twice
 * @param inputs values for the part's inputs, by name; there may be more than it has
 * @returns the part's outputs, by name
 * @throws Error for an input that is not given, or a node with branches of its own
 */
export function graft(
  g: GraphBuilder,
  part: Graph,
  name: string,
  inputs: Readonly<Record<string, Value>>,
): Record<string, Value> {
  const values = new Map<string, AnyValue>();
  for (const { name: input } of part.inputs) {
    if (!inputs[input]) throw new Error(`${name} needs ${input}`);
    values.set(input, inputs[input]);
  }
  for (const [own, constant] of part.constants) values.set(own, g.refer(`${name}.${own}`, constant));
  const find = (value: AnyValue | undefined): AnyValue | undefined => {
    const found = value && values.get(value.name);
    if (value && !found) throw new Error(`${name} reads ${value.name}, which it does not make`);
    return found;
  };
  for (const node of part.nodes) {
    if (Object.values(node.attributes).some(({ type }) => type === 'graph' || type === 'graphs'))
      throw new Error(`${node.name} has branches, whose names would have to change too`);
    const read = node.inputs.map(find);
    const outputs = node.outputs.map((y) => y && Object.freeze({ ...y, name: `${name}.${y.name}` }));
    g.append({ ...node, name: `${name}.${node.name}`, inputs: read, outputs });
    for (const [i, y] of node.outputs.entries()) if (y) values.set(y.name, outputs[i]!);
  }
  return Object.fromEntries(part.outputs.map((y) => [y.name, known(find(y))]));
}
