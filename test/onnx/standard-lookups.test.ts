/** Rows looked up in standard operators are those of ONNX Runtime's own operator, to the bit. */
import { expect, it } from 'vitest';
import { encodeModel } from '../../app/onnx/encode.ts';
import { standardLookups } from '../../app/onnx/standard-lookups.ts';
import { openSession } from '../../app/runtime/open.ts';
import { GraphBuilder } from '../../app/tensor/builder.ts';
import { gatherBlockQuantized } from '../../app/tensor/ops/gather-block-quantized.ts';
import { Random } from '../../app/tensor/random.ts';
import { float32, int64, tensor } from '../../app/tensor/tensor.ts';
import { verify } from '../../app/tensor/verify.ts';

const [ROWS, BLOCK, BLOCKS] = [7, 16, 3];

it.each([
  [8, true],
  [8, false],
  [4, true],
  [4, false],
])('%i bits, zero points: %s', async (bits, zeroPoints) => {
  const random = new Random([bits]);
  const bytes = (width: number) =>
    tensor(
      'uint8',
      [ROWS, width],
      Uint8Array.from({ length: ROWS * width }, () => 256 * random.fraction()),
    );
  const scale = Float32Array.from({ length: ROWS * BLOCKS }, () => random.fraction());
  const g = new GraphBuilder();
  const inputs = [
    g.constant(bytes((BLOCK * BLOCKS * bits) / 8), 'codes'),
    g.input('ids', 'int64', ['batch', 'length']),
    g.constant(float32([ROWS, BLOCKS], scale), 'scales'),
    ...(zeroPoints ? [g.constant(bytes(Math.ceil((BLOCKS * bits) / 8)), 'zeros')] : []),
  ];
  g.output(g.op(gatherBlockQuantized, inputs, { bits, block_size: BLOCK, gather_axis: 0, quantize_axis: 1 }));
  const graph = g.build();
  const standard = standardLookups(graph);
  verify(standard);
  expect(standard.nodes.map(({ domain }) => domain)).not.toContain('com.microsoft');
  const feeds = { ids: int64([2, 3], [0, 6, 2, 2, 5, 1]) };
  const [expected, found] = await Promise.all(
    [graph, standard].map(async (one) => {
      const session = await openSession(encodeModel(one), { threads: 1 });
      const { [graph.outputs[0].name]: rows } = await session.run(feeds);
      session.dispose();
      return rows;
    }),
  );
  expect(found.shape).toEqual([2, 3, BLOCK * BLOCKS]);
  expect(found.data).toEqual(expected.data);
});
