/**
 * Many small tensors travel to a device and back as a few large ones: each journey waits for the device, whatever its size
 * (about half a millisecond on an NVIDIA H200 through WebGPU, and adapters have hundreds of weights).
 */
import { GraphBuilder } from '../tensor/builder.ts';
import { type AnyValue, type Graph, known, type Value } from '../tensor/graph.ts';
import { float32, sizeOf } from '../tensor/tensor.ts';

export interface Packed {
  /** Of an input or output of the graph, float32. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Elements that it takes in the pack: its own, and padding. */
  readonly room: number;
}

/** What lies behind one another. */
export interface Pack {
  readonly name: string;
  readonly members: readonly Packed[];
}

const roomOf = ({ members }: Pack): number => members.reduce((sum, { room }) => sum + room, 0);

/** Inputs `name` float32 [room] in the place of their members. */
export function packInputs(graph: Graph, packs: readonly Pack[]): Graph {
  const members = new Map(packs.flatMap((pack) => pack.members.map((member) => [member.name, member] as const)));
  const given = new Map(graph.inputs.map((input) => [input.name, input]));
  const g = new GraphBuilder(
    { ...graph, inputs: graph.inputs.filter(({ name }) => !members.has(name)) },
    { nodes: false },
  );
  for (const pack of packs) {
    const all = g.input(pack.name, 'float32', [roomOf(pack)]);
    let begin = 0;
    for (const { name, shape, room } of pack.members) {
      const part = g.slice(all, 0, begin, begin + sizeOf(shape));
      const node = { name: g.unique('unpack'), op: 'Reshape', domain: '', attributes: {} };
      g.append({ ...node, inputs: [part, g.int64s(shape)], outputs: [given.get(name) as AnyValue] });
      begin += room;
    }
  }
  for (const node of graph.nodes) g.append(node);
  for (const output of graph.outputs) g.output(output);
  return g.build();
}

/** Outputs `name` float32 [room] in the place of their members; padding is zero. */
export function packOutputs(graph: Graph, packs: readonly Pack[]): Graph {
  const members = new Set(packs.flatMap((pack) => pack.members.map(({ name }) => name)));
  const made = new Map(graph.outputs.map((output) => [output.name, output]));
  const g = new GraphBuilder({ ...graph, outputs: [] }, { nodes: false });
  for (const node of graph.nodes) g.append(node);
  for (const output of graph.outputs) if (!members.has(output.name)) g.output(output);
  for (const pack of packs) {
    const parts = pack.members.flatMap(({ name, shape, room }): Value[] => {
      const size = sizeOf(shape);
      const flat = g.reshape(known(made.get(name)!), [size]);
      return room === size ? [flat] : [flat, g.constant(float32([room - size], new Float32Array(room - size)))];
    });
    g.output(g.concat(parts, 0), pack.name);
  }
  return g.build();
}
