/** How fast this machine multiplies matrices and moves memory: what estimates of time start from. */
import { cpus } from 'node:os';
import { encodeModel } from '../onnx/encode.ts';
import { openSession, runtimeInfo } from '../runtime/open.ts';
import { GraphBuilder } from '../tensor/builder.ts';
import { zeros } from '../tensor/tensor.ts';

export interface Calibration {
  /** Floating-point operations per second in products of matrices, float32. */
  readonly flops: number;
  /** Bytes per second read when a vector is multiplied with a matrix that no cache holds: what decoding is bound by. */
  readonly bandwidth: number;
  /** A calibration holds for the same machine, runtime and number of threads. */
  readonly key: string;
}

export async function calibrationKey(threads: number | undefined): Promise<string> {
  const { implementation, version } = await runtimeInfo();
  return [cpus()[0]?.model, cpus().length, threads ?? 'all', implementation, version].join('|');
}

/** About a second. */
export async function calibrate(threads: number | undefined): Promise<Calibration> {
  const key = await calibrationKey(threads);
  const [rows, width] = [512, 1024];
  const product = await fastest(rows, width, width, threads, 8);
  const vector = await fastest(1, 4096, 4096, threads, 8);
  return { key, flops: (2 * rows * width * width) / product, bandwidth: (4 * 4096 * 4096) / vector };
}

/** Seconds of the fastest of some products [rows, inner] x [inner, columns]. */
async function fastest(rows: number, inner: number, columns: number, threads: number | undefined, times: number) {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', [rows, inner]);
  const w = g.input('w', 'float32', [inner, columns]);
  g.output(g.matmul(x, w), 'y');
  const session = await openSession(encodeModel(g.build()), { threads });
  const binding = session
    .bind()
    .input('x', zeros('float32', [rows, inner]))
    .input('w', zeros('float32', [inner, columns]))
    .output('y', zeros('float32', [rows, columns]));
  try {
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < times; i++) {
      const begin = performance.now();
      await binding.run();
      best = Math.min(best, (performance.now() - begin) / 1000);
    }
    return best;
  } finally {
    binding.dispose();
    session.dispose();
  }
}
