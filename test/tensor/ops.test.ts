/** Every operator in the list: inferred shapes, gradients against finite differences, ONNX Runtime against the reference. */
import { describe, expect, it } from 'vitest';
import { encodeModel } from '../../app/onnx/encode.ts';
import { openSession } from '../../app/runtime/open.ts';
import { interpret, toDoubles } from '../../app/runtime/reference.ts';
import { gradient } from '../../app/tensor/gradient.ts';
import { lower } from '../../app/tensor/lower.ts';
import { OPS, type OpName } from '../../app/tensor/ops/index.ts';
import { verify } from '../../app/tensor/verify.ts';
import { CASES } from './op-cases.ts';
import {
  build,
  difference,
  finiteDifferences,
  gradientLoss,
  type OpCase,
  SYMBOLS,
  sizesOf,
  toTensor,
} from './op-harness.ts';

const named = (Object.keys(OPS) as OpName[]).flatMap((name) =>
  (CASES[name] ?? []).map((c): [string, OpName, OpCase] => [c.name ? `${name}: ${c.name}` : name, name, c]),
);

it('has a case for every operator', () => {
  expect(Object.keys(OPS).filter((name) => !CASES[name as OpName]?.length)).toEqual([]);
});

it('lists every operator under its own type', () => {
  expect(Object.entries(OPS).filter(([name, op]) => op.type !== name)).toEqual([]);
});

describe('infers the shapes that the arithmetic gives', () => {
  it.each(named)('%s', (_, name, c) => {
    const { graph, feeds, outputs } = build(OPS[name], c);
    verify(graph);
    const results = interpret(graph, feeds);
    outputs.forEach((y, i) => {
      const { dtype, shape } = results[`y${i}`];
      expect(dtype).toBe(y.dtype);
      if (c.dynamic) expect(shape.length).toBe(y.shape.length);
      else expect(shape).toEqual(sizesOf(y.shape));
    });
  });
});

const differentiable = named.filter(([, name, c]) => OPS[name].grad && build(OPS[name], c).by.length > 0);

describe('differentiates as finite differences do', () => {
  it.each(differentiable)('%s', (_, name, c) => {
    const { graph, feeds, by } = build(OPS[name], c);
    const { graph: whole, gradients } = gradient(graph, 'loss', by);
    verify(whole);
    const results = interpret(whole, feeds);
    for (const x of by) {
      const actual = results[gradients.get(x)!];
      expect(actual.shape, x).toEqual(feeds[x].shape);
      expect(difference(actual.data, finiteDifferences(graph, feeds, 'loss', x)), x).toBeLessThan(1e-5);
    }
  });

  it.each(differentiable.filter(([, , c]) => c.twice))('%s, twice', (_, name, c) => {
    const built = build(OPS[name], c);
    const { graph, feeds } = gradientLoss(built);
    const { graph: whole, gradients } = gradient(graph, 'loss2', built.by);
    verify(whole);
    const results = interpret(whole, feeds);
    for (const x of built.by) {
      const expected = finiteDifferences(graph, feeds, 'loss2', x);
      expect(difference(results[gradients.get(x)!].data, expected), x).toBeLessThan(1e-5);
    }
  });
});

describe('computes in ONNX Runtime what the reference computes', () => {
  it.each(named.filter(([, , c]) => !c.noRuntime))('%s', async (_, name, c) => {
    const { graph, feeds, by } = build(OPS[name], c);
    const whole = by.length > 0 ? gradient(graph, 'loss', by).graph : graph;
    const expected = interpret(whole, feeds);
    const session = await openSession(encodeModel(lower(whole)), { threads: 1 });
    try {
      const inputs = Object.fromEntries(whole.inputs.map((x) => [x.name, toTensor(feeds[x.name])]));
      const results = await session.run(inputs);
      for (const [output, value] of Object.entries(expected)) {
        const actual = toDoubles(results[output]);
        expect([output, actual.dtype, actual.shape]).toEqual([output, value.dtype, value.shape]);
        expect(difference(actual.data, value.data), output).toBeLessThan(c.tolerance ?? 2e-5);
      }
    } finally {
      session.dispose();
    }
  });
});

it('evaluates the symbols of all cases', () => {
  expect(Object.values(SYMBOLS).every((v) => v > 1)).toBe(true);
});
