/** One short path through the graph: build, infer, differentiate, lower, run in the reference. Read this first. */
import { expect, it } from 'vitest';
import { interpret } from '../../app/runtime/reference.ts';
import { GraphBuilder } from '../../app/tensor/builder.ts';
import { gradient } from '../../app/tensor/gradient.ts';
import { float32 } from '../../app/tensor/tensor.ts';
import { verify } from '../../app/tensor/verify.ts';

it('differentiates the mean square of a product', () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['rows', 2]);
  const w = g.input('w', 'float32', [2, 2]);
  const y = g.matmul(x, w, { transY: true });
  g.output(g.reduceMean(g.mul(y, y), [0, 1], false), 'loss');
  const graph = g.build();
  verify(graph);

  const { graph: whole, gradients } = gradient(graph, graph.nodes.at(-2)!.outputs[0]!.name, ['w']);
  verify(whole);
  const out = interpret(whole, { x: float32([1, 2], [1, 2]), w: float32([2, 2], [1, 0, 0, 1]) });
  expect([...out.loss.data]).toEqual([2.5]);
  expect([...out[gradients.get('w')!].data]).toEqual([1, 2, 2, 4]);
});
