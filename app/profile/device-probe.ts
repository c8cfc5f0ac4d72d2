/** Runs a small product on the device named on the command line; exit status 0 if the numbers are right. */
import { encodeModel } from '../onnx/encode.ts';
import { openSession } from '../runtime/open.ts';
import type { Device } from '../runtime/session.ts';
import { GraphBuilder } from '../tensor/builder.ts';
import { lower } from '../tensor/lower.ts';
import { float32 } from '../tensor/tensor.ts';

async function probe(device: Device): Promise<boolean> {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', [8, 8]);
  g.output(g.matmul(x, x), 'y');
  const session = await openSession(encodeModel(lower(g.build())), { device });
  const values = Float32Array.from({ length: 64 }, (_, i) => (i % 7) - 3);
  const { y } = await session.run({ x: float32([8, 8], values) });
  const actual = y.data as Float32Array;
  return actual.every((value, at) => {
    let expected = 0;
    for (let k = 0; k < 8; k++) expected += values[(at >> 3) * 8 + k] * values[k * 8 + (at & 7)];
    return Math.abs(value - expected) < 1e-3;
  });
}

process.exit((await probe(process.argv[2] as Device).catch(() => false)) ? 0 : 1);
