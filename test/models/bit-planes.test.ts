/** Codes survive being stored in planes, whatever their width, and cost what they say. */
import { expect, it } from 'vitest';
import { containerOf, joinPlanes, mergePlanes, planesOf, splitPlanes } from '../../app/models/graphs/bit-planes.ts';
import { interpret } from '../../app/runtime/reference.ts';
import { GraphBuilder } from '../../app/tensor/builder.ts';
import { Random } from '../../app/tensor/random.ts';
import { tensor } from '../../app/tensor/tensor.ts';

it.each([3, 5, 6, 7])('%i bits', (bits) => {
  const rows = 5;
  const container = containerOf(bits);
  const columns = 48;
  const random = new Random([bits]);
  const codes = new Uint8Array((rows * columns * container) / 8);
  const code = () => Math.floor(random.fraction() * 2 ** bits) << (container - bits);
  for (let i = 0; i < codes.length; i++) codes[i] = container === 4 ? code() | (code() << 4) : code();
  const planes = splitPlanes(codes, rows, bits);
  expect(planes.reduce((n, { length }) => n + length, 0)).toBe((rows * columns * bits) / 8);
  expect(mergePlanes(planes, rows, bits)).toEqual(codes);
  const g = new GraphBuilder();
  const values = planes.map((bytes) => g.constant(tensor('uint8', [rows, 1, bytes.length / rows], bytes)));
  g.output(joinPlanes(g, values, bits), 'codes');
  expect(Uint8Array.from(interpret(g.build(), {}).codes.data as Float64Array)).toEqual(codes);
});

it('needs none where ONNX Runtime computes with the width', () => {
  expect([2, 4, 8].map(planesOf)).toEqual([[], [], []]);
});
