/** Runs a graph in plain TypeScript and double precision, straight from the operators' definitions: the oracle. */
import { readAttributes } from '../tensor/attributes.ts';
import { GraphBuilder, opOf } from '../tensor/builder.ts';
import { type Graph, isExternal, type Node, type Value } from '../tensor/graph.ts';
import { decodeBfloat16, decodeFloat16 } from '../tensor/half.ts';
import type { Doubles, Op } from '../tensor/op.ts';
import { sizeOf, type Tensor } from '../tensor/tensor.ts';

export function toDoubles(x: Tensor | Doubles): Doubles {
  if (x.data instanceof Float64Array) return x as Doubles;
  return { dtype: x.dtype, shape: x.shape, data: Float64Array.from(numbersIn(x as Tensor), Number) };
}

function numbersIn({ dtype, shape, data }: Tensor): ArrayLike<number | bigint> {
  switch (dtype) {
    case 'float16':
      return decodeFloat16(data as Uint16Array);
    case 'bfloat16':
      return decodeBfloat16(data as Uint16Array);
    case 'int4':
    case 'uint4':
      return Array.from({ length: sizeOf(shape) }, (_, i) => {
        const code = (Number(data[i >> 1]) >> (4 * (i & 1))) & 15;
        return dtype === 'int4' && code > 7 ? code - 16 : code;
      });
    default:
      return data;
  }
}

/**
 * Operators of our own are computed from their definitions where they have them, so that their ONNX forms can be
 * checked against the result; else through those forms.
 *
 * @param feeds every graph input by name
 * @returns every graph output by name
 * @throws Error for an operator without reference arithmetic, or a missing feed
 */
export function interpret(graph: Graph, feeds: Readonly<Record<string, Tensor | Doubles>>): Record<string, Doubles> {
  const values = new Map<string, Doubles>();
  for (const [name, constant] of graph.constants) {
    if (isExternal(constant)) throw new Error(`${name} is in a file: the reference takes values in memory`);
    values.set(name, toDoubles(constant));
  }
  for (const [name, feed] of Object.entries(feeds)) values.set(name, toDoubles(feed));
  const read = (name: string): Doubles => {
    const value = values.get(name);
    if (!value) throw new Error(`the input ${name} is missing`);
    return value;
  };
  for (const node of graph.nodes) {
    const outputs = compute(node, node.inputs.map((x) => x && read(x.name)) as Doubles[]);
    node.outputs.forEach((y, i) => {
      if (y) values.set(y.name, outputs[i]);
    });
  }
  return Object.fromEntries(graph.outputs.map((y) => [y.name, read(y.name)]));
}

function compute(node: Node, inputs: readonly Doubles[]): readonly Doubles[] {
  const op = opOf(node);
  const outputs = node.outputs.length;
  if (op?.evaluate) return op.evaluate({ inputs, attrs: readAttributes(op.attrs, node.attributes), outputs });
  if (op?.lower) return computeLowered(node, op, inputs);
  throw new Error(`${node.name}: the reference does not know ${node.op}`);
}

function computeLowered(node: Node, op: Op, inputs: readonly Doubles[]): readonly Doubles[] {
  const g = new GraphBuilder();
  const attrs = readAttributes(op.attrs, node.attributes);
  const given = inputs.map((x, i) => x && g.input(`x${i}`, x.dtype, x.shape)) as Value[];
  const types = op.shape({ inputs: given, attrs, constant: () => undefined, outputs: node.outputs.length });
  const outputs = types.map((t, i) => ({ ...t, name: `y${i}` }));
  const made = op.lower!({ g, attrs, inputs: given, outputs, device: 'cpu' });
  for (const [i, y] of made.entries()) g.output(y, `y${i}`);
  const feeds = Object.fromEntries(inputs.flatMap((x, i) => (x ? [[`x${i}`, x] as const] : [])));
  const results = interpret(g.build(), feeds);
  return made.map((_, i) => results[`y${i}`]);
}
