/** What the suite of all operators does with one case: builds its graph, a loss, gradients, finite differences. */
import { interpret } from '../../app/runtime/reference.ts';
import { GraphBuilder } from '../../app/tensor/builder.ts';
import { evaluateDim, type Shape } from '../../app/tensor/dims.ts';
import { byteLength, type DType, isFloat, TYPED_ARRAYS } from '../../app/tensor/dtype.ts';
import { gradient } from '../../app/tensor/gradient.ts';
import { type AnyValue, type Graph, known, type Value } from '../../app/tensor/graph.ts';
import { encodeBfloat16, encodeFloat16 } from '../../app/tensor/half.ts';
import type { Doubles, Op } from '../../app/tensor/op.ts';
import { sizeOf, type Tensor, tensor } from '../../app/tensor/tensor.ts';

/** What the symbols of the cases' shapes stand for. */
export const SYMBOLS = { batch: 2, length: 3, rows: 4, keys: 3 } as const;

export interface CaseInput {
  readonly dtype: DType;
  readonly shape: Shape;
  /** Values in row-major order (4-bit types: one a number). */
  readonly values: (count: number, random: () => number) => ArrayLike<number>;
  /** Part of the graph rather than fed. */
  readonly constant?: boolean;
}

export interface OpCase {
  readonly name?: string;
  readonly inputs: readonly (CaseInput | undefined)[];
  readonly attrs?: Readonly<Record<string, unknown>>;
  readonly outputs?: number;
  /** Outputs that the loss reads; default every floating one. */
  readonly weighed?: readonly number[];
  /** Inputs to differentiate by; default every floating one that is fed. Empty: no gradient to check. */
  readonly by?: readonly number[];
  /** Also differentiate the gradient. */
  readonly twice?: boolean;
  /** Outputs whose shape depends on values: only their rank is compared. */
  readonly dynamic?: boolean;
  /** Why ONNX Runtime's CPU can't run this case. */
  readonly noRuntime?: string;
  /** Relative to 1 + |value|, in ONNX Runtime; default 2e-5. */
  readonly tolerance?: number;
}

/** Repeatable numbers in [0, 1) (Mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const sizesOf = (shape: Shape): number[] => shape.map((d) => evaluateDim(d, SYMBOLS));

/** The values of an input; floating ones are such that float32 holds them exactly. */
function valuesOf(input: CaseInput, random: () => number): Doubles {
  const shape = sizesOf(input.shape);
  const values = Float64Array.from(input.values(sizeOf(shape), random));
  return { dtype: input.dtype, shape, data: isFloat(input.dtype) ? values.map(Math.fround) : values };
}

export function toTensor({ dtype, shape, data }: Doubles): Tensor {
  if (dtype === 'float16') return tensor(dtype, shape, encodeFloat16(Float32Array.from(data)));
  if (dtype === 'bfloat16') return tensor(dtype, shape, encodeBfloat16(Float32Array.from(data)));
  if (dtype === 'int64' || dtype === 'uint64') {
    const values = Array.from(data, (v) => BigInt(v));
    return tensor(dtype, shape, dtype === 'int64' ? BigInt64Array.from(values) : BigUint64Array.from(values));
  }
  if (dtype === 'int4' || dtype === 'uint4') {
    const bytes = new Uint8Array(byteLength(dtype, data.length));
    data.forEach((v, i) => {
      bytes[i >> 1] |= (v & 15) << (4 * (i & 1));
    });
    return tensor(dtype, shape, bytes);
  }
  const Kind = TYPED_ARRAYS[dtype] as Float32ArrayConstructor;
  return tensor(dtype, shape, Kind.from(data));
}

export interface Built {
  /** Outputs `y0`, `y1`, …; and `loss` where the case has something to differentiate. */
  readonly graph: Graph;
  readonly feeds: Readonly<Record<string, Doubles>>;
  readonly by: readonly string[];
  readonly outputs: readonly Value[];
}

/** Which inputs the case is differentiated by. */
export const differentiated = (c: OpCase): readonly number[] =>
  c.by ?? c.inputs.flatMap((x, i) => (x && !x.constant && isFloat(x.dtype) ? [i] : []));

/** The operator alone, then a randomly weighted sum of its outputs, so that every element matters. */
export function build(op: Op, c: OpCase): Built {
  const g = new GraphBuilder();
  const random = randomFrom(7);
  const feeds: Record<string, Doubles> = {};
  const inputs = c.inputs.map((input, i) => {
    if (!input) return undefined;
    const values = valuesOf(input, random);
    if (input.constant) return g.constant(toTensor(values), `x${i}`);
    feeds[`x${i}`] = values;
    return g.input(`x${i}`, input.dtype, input.shape);
  });
  const made = g.apply(op, inputs, c.attrs, { outputs: c.outputs ?? 1 });
  for (const [i, y] of made.entries()) g.output(y, `y${i}`);
  const by = op.grad ? differentiated(c).map((i) => `x${i}`) : [];
  const weighed = c.weighed ?? made.flatMap((y, i) => (isFloat(y.dtype) ? [i] : []));
  if (by.length === 0 || weighed.length === 0) return { graph: g.build(), feeds, by: [], outputs: made };

  const forward = interpret(g.build(), feeds);
  const terms = weighed.map((i) => {
    const { shape, data } = forward[`y${i}`];
    feeds[`weight${i}`] = { dtype: 'float32', shape, data: data.map(() => Math.fround(2 * random() - 1)) };
    return weightedSum(g, made[i], g.input(`weight${i}`, 'float32', made[i].shape));
  });
  g.output(
    terms.reduce((a, b) => g.add(a, b)),
    'loss',
  );
  return { graph: g.build(), feeds, by, outputs: made };
}

/** Sum of y * (y + weight): bent, so that linear operators have second derivatives to check too. */
function weightedSum(g: GraphBuilder, y: Value, weight: Value): Value {
  const value = g.cast(y, 'float32');
  const product = g.mul(value, g.add(value, weight));
  const axes = y.shape.map((_, i) => i);
  return axes.length === 0 ? product : g.reduceSum(product, axes, false);
}

/** Central differences of a scalar output by every element of one feed. */
export function finiteDifferences(
  graph: Graph,
  feeds: Readonly<Record<string, Doubles>>,
  loss: string,
  name: string,
): number[] {
  const x = feeds[name];
  const step = 1e-4;
  const at = (i: number, value: number) => {
    const moved = { ...x, data: x.data.with(i, value) };
    return interpret(graph, { ...feeds, [name]: moved })[loss].data[0];
  };
  return Array.from(x.data, (v, i) => (at(i, v + step) - at(i, v - step)) / (2 * step));
}

/** A randomly weighted sum of the gradients, for differentiating again: its graph has the output `loss2`. */
export function gradientLoss({ graph, feeds, by }: Built): Pick<Built, 'graph' | 'feeds'> {
  const { graph: whole, gradients } = gradient(graph, 'loss', by);
  const g = new GraphBuilder(renamed(whole, (name) => (name.startsWith('gradient.') ? `first.${name}` : name)));
  const random = randomFrom(11);
  const more: Record<string, Doubles> = {};
  const results = interpret(whole, feeds);
  const terms = by.map((name) => {
    const output = gradients.get(name)!;
    const value = known(whole.outputs.find((y) => y.name === output));
    const { shape, data } = results[output];
    more[`again.${name}`] = { dtype: 'float32', shape, data: data.map(() => Math.fround(2 * random() - 1)) };
    const weight = g.input(`again.${name}`, 'float32', value.shape);
    return weightedSum(g, { ...value, name: `first.${output}` }, weight);
  });
  g.output(
    terms.reduce((a, b) => g.add(a, b)),
    'loss2',
  );
  return { graph: g.build(), feeds: { ...feeds, ...more } };
}

function renamed(graph: Graph, name: (old: string) => string): Graph {
  const value = <T extends AnyValue | undefined>(x: T): T => x && { ...x, name: name(x.name) };
  const nodes = graph.nodes.map((n) => ({
    ...n,
    name: name(n.name),
    inputs: n.inputs.map(value),
    outputs: n.outputs.map(value),
  }));
  return { ...graph, nodes, outputs: graph.outputs.map(value) };
}

/** The largest difference, relative to 1 + |expected|. */
export function difference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    if (Object.is(actual[i], expected[i]) || actual[i] === expected[i]) continue;
    const d = Math.abs(actual[i] - expected[i]) / (1 + Math.abs(expected[i]));
    worst = Math.max(worst, Number.isNaN(d) ? Number.POSITIVE_INFINITY : d);
  }
  return worst;
}
