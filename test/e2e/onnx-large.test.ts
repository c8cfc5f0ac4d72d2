/** An ONNX model of more than two gigabytes, which protobuf cannot hold: its data streams from file to file. */
import { mkdtemp, open, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BinaryWriter } from '@bufbuild/protobuf/wire';
import { afterAll, expect, it } from 'vitest';
import { openOnnx } from '../../app/onnx/open.ts';
import { writeOnnx } from '../../app/onnx/write.ts';
import { openSession } from '../../app/runtime/open.ts';
import { int64 } from '../../app/tensor/tensor.ts';
import { graph, message, model, node, value } from '../onnx/proto.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-onnx-large-'));
afterAll(() => rm(work, { recursive: true }));

it('of more than two gigabytes streams through (a sparse file)', async () => {
  const folder = await mkdtemp(join(work, 'large-'));
  const [rows, width] = [2_200_000, 1024];
  const data = await open(join(folder, 'big.bin'), 'w');
  await data.truncate(rows * width);
  await data.write(Uint8Array.of(42), 0, 1, rows * width - 1);
  await data.close();
  const entry = (w: BinaryWriter, k: string, v: string) =>
    w.tag(13, 2).bytes(message((e) => e.tag(1, 2).string(k).tag(2, 2).string(v)));
  const big = message((w) => {
    w.tag(1, 0).int64(rows).tag(1, 0).int64(width).tag(2, 0).int32(2).tag(8, 2).string('big').tag(14, 0).int32(1);
    entry(w, 'location', 'big.bin');
  });
  await writeFile(
    join(folder, 'model.onnx'),
    model({
      graph: graph({
        inputs: [value('i', 7, [1])],
        nodes: [node('Gather', ['big', 'i'], ['y'])],
        initialisers: [big],
        outputs: [value('y', 2, [1, width])],
      }),
    }),
  );
  const out = join(folder, 'out/model.onnx');
  await writeOnnx(await openOnnx(join(folder, 'model.onnx')), out);
  const { size, blocks } = await stat(`${out}_data`);
  expect(size).toBe(rows * width);
  expect(blocks * 512).toBeLessThan(100e6);
  const session = await openSession(out, { threads: 1, optimization: 'none' });
  const { y } = await session.run({ i: int64([1], [rows - 1]) });
  session.dispose();
  expect(y.data.at(-1)).toBe(42);
  expect(y.data.at(0)).toBe(0);
});
