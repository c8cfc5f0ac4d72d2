/** One contract for both ways to reach ONNX Runtime. */
import { describe, expect, it } from 'vitest';
import { UserError } from '../../app/contract/errors.ts';
import { encodeModel } from '../../app/onnx/encode.ts';
import { openDirect } from '../../app/runtime/direct/session.ts';
import { openJavaScript } from '../../app/runtime/javascript/session.ts';
import { GraphBuilder } from '../../app/tensor/builder.ts';
import { float32, zeros } from '../../app/tensor/tensor.ts';

function productModel(): Uint8Array {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['rows', 3]);
  const w = g.input('w', 'float32', [2, 3]);
  g.output(g.matmul(x, w, { transY: true, alpha: 2 }), 'y');
  return encodeModel(g.build());
}

/** x + state, and the sum is the next state. */
function countingModel(): Uint8Array {
  const g = new GraphBuilder();
  const next = g.add(g.input('state', 'float32', [2]), g.input('x', 'float32', [2]));
  g.output(next, 'next');
  g.output(g.reduceSum(next, [0]), 'sum');
  return encodeModel(g.build());
}

/** Enough work for a run to be stopped in its middle. */
function longModel(): Uint8Array {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', [1024, 1024]);
  let y = x;
  for (let i = 0; i < 100; i++) y = g.tanh(g.matmul(y, x));
  g.output(y, 'y');
  return encodeModel(g.build());
}

const W = float32([2, 3], [1, 0, 0, 0, 1, 0]);

describe.each([
  ['direct', openDirect],
  ['javascript', openJavaScript],
] as const)('%s', (name, open) => {
  it('runs once and gives the outputs', async () => {
    const session = await open(productModel(), { threads: 1 });
    expect(session.implementation).toBe(name);
    expect([session.inputs, session.outputs]).toEqual([['x', 'w'], ['y']]);
    const { y } = await session.run({ x: float32([1, 3], [1, 2, 3]), w: W });
    expect([y.dtype, y.shape, [...(y.data as Float32Array)]]).toEqual(['float32', [1, 2], [2, 4]]);
    session.dispose();
  });

  it('gives large outputs whole', async () => {
    const g = new GraphBuilder();
    const count = 2 ** 24 + 3;
    g.output(g.op('Expand', [g.input('x', 'float32', [1]), g.int64s([count])]), 'y');
    const session = await open(encodeModel(g.build()), { threads: 1 });
    const { y } = await session.run({ x: float32([1], [7]) });
    expect([y.data.length, y.data[0], y.data[2 ** 24 - 1], y.data[2 ** 24], y.data[count - 1]]).toEqual([
      count,
      7,
      7,
      7,
      7,
    ]);
    session.dispose();
  });

  it('reads and writes bound memory in place, also after the shape changes', async () => {
    const session = await open(productModel(), { threads: 1 });
    const x = float32([1, 3], [1, 2, 3]);
    const y = zeros('float32', [1, 2]);
    const binding = session.bind().input('x', x).input('w', W).output('y', y);
    await binding.run();
    expect([...(y.data as Float32Array)]).toEqual([2, 4]);
    (x.data as Float32Array)[0] = 10;
    await binding.run();
    expect([...(y.data as Float32Array)]).toEqual([20, 4]);
    binding.input('x', float32([2, 3], [1, 1, 1, 2, 2, 2])).allocate('y');
    await binding.run();
    expect(binding.outputs().y.shape).toEqual([2, 2]);
    binding.input('x', zeros('float32', [0, 3]));
    await binding.run();
    expect(binding.outputs().y.shape).toEqual([0, 2]);
    binding.dispose();
    session.dispose();
  });

  it('refuses a corrupt model, an unknown input and a wrong shape with a code', async () => {
    await expect(open(new Uint8Array([1, 2, 3]))).rejects.toThrow(UserError);
    const session = await open(productModel());
    await expect(session.run({ z: W, w: W })).rejects.toThrow();
    await expect(session.run({ x: float32([1, 2], [1, 2]), w: W })).rejects.toMatchObject({ code: 'runtime/failed' });
    session.dispose();
  });

  // onnxruntime-node's run holds the event loop, so there nothing can ask it to stop.
  it.runIf(name === 'direct')('stops when the signal says so and can be used again', async () => {
    const session = await open(longModel(), { threads: 1 });
    const controller = new AbortController();
    const x = zeros('float32', [1024, 1024]);
    const running = session.run({ x }, undefined, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 30);
    await expect(running).rejects.toThrow('enough');
    const { y } = await session.run({ x });
    expect(y.shape).toEqual([1024, 1024]);
    session.dispose();
  });

  it('tells the time of each operator', async () => {
    const session = await open(productModel(), { profile: true });
    await session.run({ x: float32([1, 3], [1, 2, 3]), w: W });
    const times = session.operatorTimes();
    expect(times.some((t) => t.operator === 'FusedMatMul' && t.calls === 1)).toBe(true);
    session.dispose();
  });
});

describe('held tensors', () => {
  it('keep what one run wrote for the next, which reads it in place', async () => {
    const session = await openDirect(countingModel(), { threads: 1 });
    const [state, start] = [session.hold('float32', [2]), float32([2], [10, 20])];
    const [x, sum] = [float32([2], [1, 2]), zeros('float32', [1])];
    const binding = session.bind().input('state', start).output('next', state).input('x', x).output('sum', sum);
    await binding.run();
    expect(sum.data[0]).toBe(33);
    binding.input('state', state);
    binding.runSync();
    binding.runSync();
    expect(sum.data[0]).toBe(39);
    expect([...(start.data as Float32Array)]).toEqual([10, 20]);
    binding.dispose();
    state.release();
    session.dispose();
  });

  it('are not to be had without the C API', async () => {
    const session = await openJavaScript(countingModel(), { threads: 1 });
    expect(() => session.hold('float32', [2])).toThrowError(UserError);
    session.dispose();
  });
});
