/** Branches made of a flat graph: the same numbers, weights where they are needed, nothing run behind the stop. */
import { expect, it } from 'vitest';
import { decodeModel } from '../../app/onnx/decode.ts';
import { encodeModel } from '../../app/onnx/encode.ts';
import { quantizeProducts } from '../../app/onnx/quantize-products.ts';
import { standardProducts } from '../../app/onnx/standard-products.ts';
import { openSession } from '../../app/runtime/open.ts';
import { GraphBuilder } from '../../app/tensor/builder.ts';
import type { Graph } from '../../app/tensor/graph.ts';
import { nestStages } from '../../app/tensor/nest.ts';
import { Random } from '../../app/tensor/random.ts';
import { float32 } from '../../app/tensor/tensor.ts';
import { verify } from '../../app/tensor/verify.ts';

const WIDTH = 64;

/** Three products in a row; each stage gives the sum of its result. */
function makeNested(): { flat: Graph; nested: Graph } {
  const random = new Random([3]);
  const g = new GraphBuilder();
  const input = g.input('x', 'float32', ['rows', WIDTH]);
  const limits = g.input('limits', 'float32', [3]);
  let x = input;
  const stages = [0, 1, 2].map((i) => {
    const values = Float32Array.from({ length: WIDTH * WIDTH }, () => random.fraction() - 0.5);
    x = g.tanh(g.matmul(x, g.constant(float32([WIDTH, WIDTH], values), `weight.${i}`), { transY: true, alpha: 1 + i }));
    const sum = g.op('ReduceSum', [x], { keepdims: 0 });
    const done = g.op('Greater', [sum, g.gather(limits, g.scalar(i, 'int64'))]);
    g.output(sum);
    g.output(done);
    return i < 2 ? { done: done.name, results: [sum.name] } : { results: [sum.name] };
  });
  const flat = standardProducts(g.build());
  return { flat, nested: nestStages(flat, stages, [{ name: 'sum', dtype: 'float32', shape: [] }]) };
}

it('stops where it may and computes the same', async () => {
  const { flat, nested } = makeNested();
  verify(nested);
  expect(nested.nodes.filter(({ op }) => op === 'MatMul')).toHaveLength(1);
  expect([...nested.constants.keys()].filter((name) => name.startsWith('weight'))).toEqual(['weight.0.transposed']);
  const whole = await openSession(encodeModel(flat), { threads: 1 });
  const branching = await openSession(encodeModel(nested), { threads: 1 });
  const x = float32(
    [2, WIDTH],
    Float32Array.from({ length: 2 * WIDTH }, (_, i) => Math.sin(i)),
  );
  const sums = Object.values(await whole.run({ x, limits: float32([3], [9e9, 9e9, 9e9]) }))
    .filter(({ dtype }) => dtype === 'float32')
    .map(({ data }) => data[0]);
  for (const stop of [0, 1, 2]) {
    const limits = float32(
      [3],
      [0, 1, 2].map((i) => (i === stop ? -9e9 : 9e9)),
    );
    const { sum } = await branching.run({ x, limits });
    expect(sum.data[0]).toBeCloseTo(Number(sums[stop]), 5);
  }
  whole.dispose();
  branching.dispose();
});

it('comes back from its file with its branches and their weights', () => {
  const { nested } = makeNested();
  const { graph } = decodeModel(encodeModel(nested));
  const inner = (outer: Graph): Graph | undefined => {
    const branch = outer.nodes.find(({ op }) => op === 'If')?.attributes.else_branch;
    return branch?.type === 'graph' ? branch.value : undefined;
  };
  const names = [graph, inner(graph)!, inner(inner(graph)!)!].map((part) =>
    [...part.constants.keys()].filter((name) => name.startsWith('weight')),
  );
  expect(names).toEqual([['weight.0.transposed'], ['weight.1.transposed'], ['weight.2.transposed']]);
  expect(graph.opsets).toEqual({ '': 21 });
});

it('is quantized in its branches too, and still computes nearly the same', async () => {
  const { nested } = makeNested();
  const quantized = quantizeProducts(nested);
  verify(quantized);
  const operators = (graph: Graph): string[] =>
    graph.nodes.flatMap(({ op, attributes }) => [
      op,
      ...Object.values(attributes).flatMap((a) => (a.type === 'graph' ? operators(a.value) : [])),
    ]);
  expect(operators(quantized).filter((op) => op === 'MatMulInteger')).toHaveLength(3);
  expect(operators(quantized)).not.toContain('MatMul');
  expect(encodeModel(quantized).length).toBeLessThan(0.35 * encodeModel(nested).length);
  const sessions = await Promise.all(
    [nested, quantized].map((graph) => openSession(encodeModel(graph), { threads: 1, optimization: 'all' })),
  );
  const x = float32(
    [2, WIDTH],
    Float32Array.from({ length: 2 * WIDTH }, (_, i) => Math.sin(i)),
  );
  const limits = float32([3], [9e9, 9e9, 9e9]);
  const [exact, rounded] = await Promise.all(sessions.map((session) => session.run({ x, limits })));
  expect(Math.abs(Number(exact.sum.data[0]) - Number(rounded.sum.data[0]))).toBeLessThan(1);
  expect(Number(exact.sum.data[0])).not.toBe(Number(rounded.sum.data[0]));
  for (const session of sessions) session.dispose();
});
