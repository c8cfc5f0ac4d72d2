/** Runs a small product on the device named on the command line; tells the parent what is wrong, null if nothing is. */
import { encodeModel } from '../onnx/encode.ts';
import { deviceReason } from '../runtime/device-reason.ts';
import { openSession } from '../runtime/open.ts';
import type { Device } from '../runtime/session.ts';
import { GraphBuilder } from '../tensor/builder.ts';
import { lower } from '../tensor/lower.ts';
import { float32 } from '../tensor/tensor.ts';

async function probe(device: Device): Promise<string | null> {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', [8, 8]);
  g.output(g.matmul(x, x), 'y');
  const session = await openSession(encodeModel(lower(g.build())), { device });
  const values = Float32Array.from({ length: 64 }, (_, i) => (i % 7) - 3);
  const { y } = await session.run({ x: float32([8, 8], values) });
  const actual = y.data as Float32Array;
  const right = actual.every((value, at) => {
    let expected = 0;
    for (let k = 0; k < 8; k++) expected += values[(at >> 3) * 8 + k] * values[k * 8 + (at & 7)];
    return Math.abs(value - expected) < 1e-3;
  });
  return right ? null : 'a product of matrices comes out wrong';
}

const wrong = await probe(process.argv[2] as Device).catch((error: Error) => deviceReason(error.message));
process.send?.(wrong, () => process.exit(0));
