/** Runs a graph in plain TypeScript and double precision, straight from the operators' definitions: the oracle. */
import { readAttributes } from '../tensor/attributes.ts';
import { opOf } from '../tensor/builder.ts';
import { type Graph, isExternal } from '../tensor/graph.ts';
import { decodeBfloat16, decodeFloat16 } from '../tensor/half.ts';
import { lower } from '../tensor/lower.ts';
import type { Doubles } from '../tensor/op.ts';
import type { Tensor } from '../tensor/tensor.ts';

export function toDoubles(x: Tensor | Doubles): Doubles {
  if (x.data instanceof Float64Array) return x as Doubles;
  const half = x.data as Uint16Array;
  const values = x.dtype === 'float16' ? decodeFloat16(half) : x.dtype === 'bfloat16' ? decodeBfloat16(half) : x.data;
  return { dtype: x.dtype, shape: x.shape, data: Float64Array.from(values as ArrayLike<number>, Number) };
}

/**
 * @param feeds every graph input by name
 * @returns every graph output by name
 * @throws Error for an operator without reference arithmetic, or a missing feed
 */
export function interpret(graph: Graph, feeds: Readonly<Record<string, Tensor | Doubles>>): Record<string, Doubles> {
  const lowered = lower(graph);
  const values = new Map<string, Doubles>();
  for (const [name, constant] of lowered.constants) {
    if (isExternal(constant)) throw new Error(`${name} is in a file: the reference takes values in memory`);
    values.set(name, toDoubles(constant));
  }
  for (const [name, feed] of Object.entries(feeds)) values.set(name, toDoubles(feed));
  const read = (name: string): Doubles => {
    const value = values.get(name);
    if (!value) throw new Error(`the input ${name} is missing`);
    return value;
  };
  for (const node of lowered.nodes) {
    const op = opOf(node);
    if (!op?.evaluate) throw new Error(`${node.name}: the reference does not know ${node.op}`);
    const inputs = node.inputs.map((x) => x && read(x.name)) as Doubles[];
    const attrs = readAttributes(op.attrs, node.attributes);
    const outputs = op.evaluate({ inputs, attrs, outputs: node.outputs.length });
    node.outputs.forEach((y, i) => {
      if (y) values.set(y.name, outputs[i]);
    });
  }
  return Object.fromEntries(lowered.outputs.map((y) => [y.name, read(y.name)]));
}
