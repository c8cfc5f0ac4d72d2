/** Convolution channels that go leave an ordinary smaller network; those that held nothing leave its answers as they were. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { pruneAndCompare } from '../../app/cli/prune-network.ts';
import { writeSafetensors } from '../../app/models/weights/safetensors-writer.ts';
import { decodeModel } from '../../app/onnx/decode.ts';
import { encodeModel } from '../../app/onnx/encode.ts';
import { openSession } from '../../app/runtime/open.ts';
import { cutConvolutions } from '../../app/techniques/prune/convolutions/cut-convolutions.ts';
import { pruneSchema } from '../../app/techniques/prune/schema.ts';
import type { Attributes } from '../../app/tensor/attributes.ts';
import type { AnyValue, Graph, Node } from '../../app/tensor/graph.ts';
import { Random } from '../../app/tensor/random.ts';
import { float32, int64, type Tensor } from '../../app/tensor/tensor.ts';

const C = 8;
/** The last quarter of every convolution's channels holds nothing. */
const dies = (c: number, channels: number) => c >= (3 * channels) / 4;

/** Writes down an ONNX graph node by node, as exporters do: nothing is known of the values inside it. */
class Network {
  readonly constants = new Map<string, Tensor>();
  readonly nodes: Node[] = [];
  readonly #random = new Random([5]);

  weight(name: string, shape: readonly number[], silent: (place: readonly number[]) => boolean = () => false): string {
    const size = shape.reduce((a, b) => a * b, 1);
    const places = (i: number) => {
      let rest = i;
      return [...shape]
        .reverse()
        .map((d) => {
          const at = rest % d;
          rest = Math.floor(rest / d);
          return at;
        })
        .reverse();
    };
    const values = Array.from({ length: size }, (_, i) => {
      const value = this.#random.fraction() - 0.4;
      return silent(places(i)) ? 0 : value;
    });
    this.constants.set(name, float32(shape, values));
    return name;
  }

  op(op: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const name = `${op}${this.nodes.length}`;
    const value = (v: string): AnyValue => ({ name: v, dtype: 'unknown', shape: undefined });
    this.nodes.push({ name, op, domain: '', inputs: inputs.map(value), outputs: [value(`${name}.y`)], attributes });
    return `${name}.y`;
  }

  /** The last quarter's filters and biases are zero. */
  conv(x: string, inputs: number, outputs: number, kernel = 1, group = 1): string {
    const i = this.nodes.length;
    const dead = ([o]: readonly number[]) => dies(o, outputs);
    const w = this.weight(`w${i}`, [outputs, inputs / group, kernel, kernel], dead);
    const b = this.weight(`b${i}`, [outputs], dead);
    const pad = Math.floor(kernel / 2);
    return this.op('Conv', [x, w, b], {
      group: { type: 'int', value: group },
      pads: { type: 'ints', value: [pad, pad, pad, pad] },
    });
  }

  norm(x: string, channels: number, dead = (c: number) => dies(c, channels)): string {
    const i = this.nodes.length;
    const part = (name: string) => this.weight(`${name}${i}`, [channels], ([c]) => dead(c));
    const v = part('v');
    this.constants.set(
      v,
      float32(
        [channels],
        Array.from({ length: channels }, (_, c) => 1 + c / 7),
      ),
    );
    return this.op('BatchNormalization', [x, part('s'), part('o'), part('m'), v]);
  }

  graph(output: string): Graph {
    return {
      name: 'net',
      inputs: [{ name: 'x', dtype: 'float32', shape: [1, 3, 6, 6] }],
      outputs: [{ name: output, dtype: 'float32', shape: [1, 5] }],
      nodes: this.nodes,
      constants: this.constants,
      opsets: { '': 17 },
      metadata: {},
    };
  }
}

const last = (n: Network, x: string, features: number): string =>
  n.op('Gemm', [x, n.weight('head', [5, features]), n.weight('head bias', [5])], { transB: { type: 'int', value: 1 } });

const NETWORKS: Readonly<Record<string, (n: Network) => string>> = {
  'residual block with batch norms'(n) {
    const stem = n.op('Relu', [n.norm(n.conv('x', 3, C, 3), C)]);
    const inner = n.op('Relu', [n.norm(n.conv(stem, C, 2 * C, 3), 2 * C)]);
    const sum = n.op('Relu', [n.op('Add', [n.norm(n.conv(inner, 2 * C, C, 3), C), stem])]);
    return last(n, n.op('Flatten', [n.op('GlobalAveragePool', [sum])]), C);
  },
  'depthwise convolution and squeeze and excitation'(n) {
    const wide = n.op('Clip', [n.conv('x', 3, C), n.weight('low', []), n.weight('high', [])]);
    const deep = n.op('HardSwish', [n.norm(n.conv(wide, C, C, 3, C), C)]);
    const squeezed = n.op('Relu', [n.conv(n.op('GlobalAveragePool', [deep]), C, 4)]);
    const gates = n.op('HardSigmoid', [n.conv(squeezed, 4, C)]);
    const pooled = n.op('ReduceMean', [n.op('Mul', [deep, gates])], {
      axes: { type: 'ints', value: [2, 3] },
      keepdims: { type: 'int', value: 0 },
    });
    return last(n, pooled, C);
  },
  'branches joined, flattened with their places'(n) {
    const stem = n.op('Relu', [n.conv('x', 3, C)]);
    const joined = n.op(
      'Concat',
      [n.conv(stem, C, 4, 3), n.op('MaxPool', [stem], { kernel_shape: { type: 'ints', value: [1, 1] } })],
      {
        axis: { type: 'int', value: 1 },
      },
    );
    const mixed = n.conv(
      n.norm(joined, C + 4, (c) => (c < 4 ? dies(c, 4) : dies(c - 4, C))),
      C + 4,
      4,
    );
    n.constants.set('target', int64([2], [1, 4 * 36]));
    return last(n, n.op('Reshape', [mixed, 'target']), 4 * 36);
  },
};

const image = float32(
  [1, 3, 6, 6],
  Array.from({ length: 108 }, (_, i) => Math.sin(i)),
);
async function run(bytes: Uint8Array): Promise<Float32Array> {
  const session = await openSession(bytes, { threads: 1, optimization: 'none' });
  try {
    const { [session.outputs[0]]: y } = await session.run({ x: image }, session.outputs);
    return y.data as Float32Array;
  } finally {
    session.dispose();
  }
}

it.each(Object.entries(NETWORKS))('%s: channels that hold nothing go, and nothing changes', async (_, build) => {
  const network = new Network();
  const graph = network.graph(build(network));
  const before = await run(encodeModel(graph));
  const model = decodeModel(encodeModel(graph));
  const { model: less, removed, whole } = await cutConvolutions(model, 0.25);
  expect(whole).toEqual([]);
  expect(removed.channels).toBeGreaterThan(2);
  const after = await run(encodeModel(less.graph));
  for (const [i, value] of after.entries()) expect(value).toBeCloseTo(before[i], 4);
  expect(Math.max(...before) - Math.min(...before)).toBeGreaterThan(0.01);
  // Half of every group goes too, whatever it held.
  const { model: half } = await cutConvolutions(model, 0.5);
  expect(await run(encodeModel(half.graph))).toHaveLength(5);
});

it('names what keeps channels whole, and leaves them', async () => {
  const network = new Network();
  const stem = network.op('Relu', [network.conv('x', 3, C)]);
  const free = network.op('Relu', [network.conv(stem, C, C)]);
  const mixed = network.op('LRN', [network.conv(free, C, C)], { size: { type: 'int', value: 3 } });
  const graph = network.graph(last(network, network.op('Flatten', [network.op('GlobalAveragePool', [mixed])]), C));
  const { removed, whole, model } = await cutConvolutions(decodeModel(encodeModel(graph)), 0.25);
  expect(whole).toEqual([{ convolutions: ['Conv4'], because: 'LRN LRN5' }]);
  expect(removed).toEqual({ channels: 4, of: 24 });
  const [before, after] = [await run(encodeModel(graph)), await run(encodeModel(model.graph))];
  for (const [i, value] of after.entries()) expect(value).toBeCloseTo(before[i], 4);
});

it('finds channels that bring nothing on the data, however large their filters are', async () => {
  const network = new Network();
  const stem = network.op('Relu', [network.conv('x', 3, C, 3)]);
  const inner = network.op('Relu', [network.conv(stem, C, C, 3)]);
  const output = last(network, network.op('Reshape', [inner, 'target']), C * 36);
  network.constants.set('target', int64([2], [1, C * 36]));
  // Channels 1 and 4 have the largest filters, and never get above zero; the others all bring something.
  for (const layer of [0, 2]) {
    const [weights, bias] = ['w', 'b'].map((part) => network.constants.get(`${part}${layer}`)!.data as Float32Array);
    const each = weights.length / C;
    for (let i = 0; i < weights.length; i++) {
      const loud = [1, 4].includes(Math.floor(i / each));
      weights[i] = loud ? 5 : 0.1 * Math.sin(i);
    }
    for (let c = 0; c < C; c++) bias[c] = [1, 4].includes(c) ? -1000 : 0.5;
  }
  const graph = network.graph(output);
  const work = await mkdtemp(join(tmpdir(), 'lathe-watched-'));
  try {
    const [file, data] = [join(work, 'net.onnx'), join(work, 'x.safetensors')];
    await writeFile(file, encodeModel(graph));
    const images = Float32Array.from({ length: 20 * 108 }, (_, i) => Math.sin(i));
    await writeSafetensors(data, [{ name: 'x', dtype: 'float32', shape: [20, 3, 6, 6], produce: () => images }]);
    const pruned = (by?: 'magnitude' | 'taylor') => {
      const options = pruneSchema.parse({ method: 'width', part: 'channels', amount: 0.25, by });
      return pruneAndCompare([file], join(work, 'out'), options, { threads: 1, data });
    };
    const watched = await pruned();
    expect(watched).toMatchObject({ by: 'activation', removed: { channels: 4, of: 16 } });
    expect(watched.likeness!.meanCosine).toBeCloseTo(1, 6);
    const blind = await pruned('magnitude');
    expect(blind.by).toBe('magnitude');
    expect(blind.likeness!.meanCosine).toBeLessThan(0.9999);
    await expect(pruned('taylor')).rejects.toMatchObject({ code: 'arguments/incompatible' });
  } finally {
    await rm(work, { recursive: true });
  }
});

it('writes a network that opens again, and measures both', async () => {
  const network = new Network();
  const graph = network.graph(NETWORKS['residual block with batch norms'](network));
  const work = await mkdtemp(join(tmpdir(), 'lathe-network-'));
  try {
    const file = join(work, 'net.onnx');
    await writeFile(file, encodeModel(graph));
    const options = (given: object) => pruneSchema.parse({ method: 'width', part: 'channels', amount: 0.5, ...given });
    const result = await pruneAndCompare([file], join(work, 'out'), options({}), { threads: 1 });
    expect(result.parametersAfter).toBeLessThan(0.5 * result.parametersBefore);
    expect(result.sizeBytesAfter).toBeLessThan(result.sizeBytesBefore);
    expect(result.milliseconds?.after).toBeGreaterThan(0);
    expect(result.likeness).toBeUndefined();
    expect(await run(await readFile(join(result.model, 'onnx', 'net.onnx')))).toHaveLength(5);
    for (const [given, code] of [
      [{ amount: 1 }, 'prune/too-much'],
      [{ amount: 0.01 }, 'arguments/invalid'],
      [{ method: 'depth' }, 'arguments/incompatible'],
      [{ recover: 'full' }, 'arguments/incompatible'],
      [{ targetLatency: 1 }, 'arguments/incompatible'],
      [{ layers: [0] }, 'arguments/incompatible'],
      [{ iterations: 2 }, 'arguments/incompatible'],
    ] as const) {
      const refused = pruneAndCompare([file], join(work, 'other'), options(given), { threads: 1 });
      await expect(refused).rejects.toMatchObject({ code });
    }
  } finally {
    await rm(work, { recursive: true });
  }
});
