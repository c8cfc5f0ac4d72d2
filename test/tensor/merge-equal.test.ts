/** Equal nodes become one: the same numbers from fewer, what is given out keeps its name, and nothing random is shared. */
import { expect, it } from 'vitest';
import { encodeModel } from '../../app/onnx/encode.ts';
import { openSession } from '../../app/runtime/open.ts';
import { GraphBuilder } from '../../app/tensor/builder.ts';
import { mergeEqual } from '../../app/tensor/merge-equal.ts';
import { float32, int64 } from '../../app/tensor/tensor.ts';
import { verify } from '../../app/tensor/verify.ts';

it('computes once what is the same, whatever its constants are called', async () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['rows', 3]);
  const branch = (name: string, factor: number) => {
    const axes = g.constant(int64([1], [1]), `${name}.axes`);
    const shares = g.div(x, g.op('ReduceSum', [x, axes], { keepdims: 1 }));
    return g.mul(shares, g.constant(float32([3], [factor, factor, factor]), `${name}.factor`));
  };
  for (const [name, factor] of [
    ['a', 2],
    ['b', 2],
    ['c', 3],
  ] as const)
    g.output(branch(name, factor), name);
  const flat = g.build();
  const merged = mergeEqual(flat);
  verify(merged);
  const count = (op: string) => merged.nodes.filter((node) => node.op === op).length;
  expect(flat.nodes).toHaveLength(12);
  expect([count('ReduceSum'), count('Div'), count('Mul')]).toEqual([1, 1, 2]);
  const session = await openSession(encodeModel(merged), { threads: 1 });
  const { a, b, c } = await session.run({ x: float32([1, 3], [1, 1, 2]) });
  session.dispose();
  expect([...(a.data as Float32Array)]).toEqual([0.5, 0.5, 1]);
  expect(b.data).toEqual(a.data);
  expect([...(c.data as Float32Array)]).toEqual([0.75, 0.75, 1.5]);
});

it('keeps what differs in an attribute, and what it is told to keep', () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['rows', 3]);
  const [rows, columns, again] = [g.softmax(x, 0), g.softmax(x, 1), g.softmax(x, 1)];
  g.output(g.add(g.add(rows, columns), again), 'y');
  const flat = g.build();
  expect(mergeEqual(flat).nodes.filter(({ op }) => op === 'Softmax')).toHaveLength(2);
  expect(mergeEqual(flat, [again.name]).nodes.filter(({ op }) => op === 'Softmax')).toHaveLength(3);
});
