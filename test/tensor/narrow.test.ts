/** Picking rows early gives what picking them late gives, from fewer rows. */
import { expect, it } from 'vitest';
import { interpret } from '../../app/runtime/reference.ts';
import { GraphBuilder } from '../../app/tensor/builder.ts';
import { narrow } from '../../app/tensor/narrow.ts';
import { doubles } from '../../app/tensor/ops/evaluate.ts';
import { verify } from '../../app/tensor/verify.ts';

it('moves the picking of rows above what works row by row, and no further', () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['tokens', 3]);
  const w = g.input('w', 'float32', [3, 3]);
  const norm = g.input('norm', 'float32', [3]);
  const rows = g.input('rows', 'int64', ['rows']);
  const mixed = g.softmax(x, 0);
  const middle = g.add(x, g.matmul(mixed, w, { transY: true }));
  const [normed] = g.apply('RmsNorm', [middle, norm], { epsilon: 0.1 }, { outputs: 2 });
  g.output(g.reduceSum(g.gather(g.add(middle, normed), rows), [1], false), 'y');
  const whole = g.build();
  const fewer = narrow(whole, 'rows');
  verify(fewer);

  const values = (shape: number[], f: (i: number) => number) =>
    doubles(
      'float32',
      shape,
      Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => f(i)),
    );
  const feeds = {
    x: values([5, 3], (i) => Math.sin(i)),
    w: values([3, 3], (i) => Math.cos(i)),
    norm: values([3], (i) => 1 + i),
    rows: doubles('int64', [2], Float64Array.of(4, 1)),
  };
  expect(Array.from(interpret(fewer, feeds).y.data)).toEqual(Array.from(interpret(whole, feeds).y.data));
  const gathers = fewer.nodes.filter(({ op }) => op === 'Gather').map((node) => node.inputs[0]?.name);
  expect(gathers.sort()).toEqual([mixed.name, 'x'].sort());
});
