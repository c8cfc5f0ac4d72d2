/** What graphs become for devices beside the processor computes the same: run on the processor, which has every operator. */
import { describe, expect, it } from 'vitest';
import { fitDevice } from '../../app/onnx/fit-device.ts';
import { interpret } from '../../app/runtime/reference.ts';
import { GraphBuilder } from '../../app/tensor/builder.ts';
import { float32 } from '../../app/tensor/tensor.ts';

const numbers = (...shape: number[]) => {
  const size = shape.reduce((a, b) => a * b);
  return float32(
    shape,
    Float32Array.from({ length: size }, (_, i) => ((i * 37) % 23) / 7 - 1.5),
  );
};

describe('products that transpose and scale', () => {
  it.each([
    ['of matrices', [3, 4], [5, 4], { transY: true, alpha: 0.5 }],
    ['of matrices, both turned', [4, 3], [5, 4], { transX: true, transY: true }],
    ['of many, the second turned', [2, 3, 4], [2, 5, 4], { transY: true, alpha: 0.25 }],
    ['of many, the first turned', [2, 2, 4, 3], [2, 2, 4, 5], { transX: true }],
    ['of many by one', [2, 3, 4], [5, 4], { transY: true }],
  ] as const)('%s', async (_, left, right, options) => {
    const g = new GraphBuilder();
    g.output(g.matmul(g.input('x', 'float32', left), g.input('y', 'float32', right), options), 'z');
    const graph = g.build();
    const fitted = fitDevice(graph, 'webgpu');
    expect(graph.nodes.map(({ op }) => op)).toContain('FusedMatMul');
    expect(fitted.nodes.map(({ op }) => op)).not.toContain('FusedMatMul');
    expect(fitDevice(graph, 'cpu')).toBe(graph);
    const feeds = { x: numbers(...left), y: numbers(...right) };
    const [expected, actual] = [interpret(graph, feeds), interpret(fitted, feeds)];
    expect(actual.z.shape).toEqual(expected.z.shape);
    for (const [i, value] of Array.from(expected.z.data).entries())
      expect(Number(actual.z.data[i])).toBeCloseTo(Number(value), 5);
  });
});
