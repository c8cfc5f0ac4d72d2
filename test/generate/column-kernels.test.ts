/** The kernels give the weights of blocks, and their columns in int8, as plain arithmetic does. */
import { expect, it } from 'vitest';
import { ColumnKernels, type StoredBlocks } from '../../app/generate/column-kernels.ts';
import { Random } from '../../app/tensor/random.ts';

const random = new Random(7);
const draw = (count: number, least: number, most: number) =>
  Float32Array.from({ length: count }, () => least + (most - least) * random.fraction());

/** The last group of a row of `width` weights is filled up with codes of nothing. */
function makeBlocks(bits: 4 | 8, width: number, group: number, rows: number): StoredBlocks {
  const groups = Math.ceil(width / group);
  const codes = Uint8Array.from({ length: (rows * groups * group * bits) / 8 }, () => random.below(256));
  const zeros = Float32Array.from({ length: rows * groups }, () => random.below(2 ** bits));
  return { bits, rows, width, group, codes, steps: draw(rows * groups, -0.1, 0.1), zeros };
}

function weightOf({ bits, rows, group, codes, steps, zeros }: StoredBlocks, r: number, i: number): number {
  const groups = steps.length / rows;
  const at = r * groups * group + i;
  const code = bits === 8 ? codes[at] : (codes[at >> 1] >> (4 * (at & 1))) & 15;
  const g = r * groups + Math.floor(i / group);
  return (code - zeros[g]) * steps[g];
}

it.each([
  ['4 bits', 4, 96, 32],
  ['4 bits, a row that ends in its group', 4, 50, 16],
  ['8 bits', 8, 64, 16],
  ['8 bits, a group a row', 8, 90, 96],
] as const)('%s', (_, bits, width, group) => {
  const kernels = new ColumnKernels();
  const rows = 13;
  // The second is larger: the memory grows.
  for (const blocks of [makeBlocks(bits, width, group, rows), makeBlocks(bits, 40 * width, group, rows)]) {
    const exact = Float32Array.from({ length: rows * blocks.width }, (_, i) =>
      weightOf(blocks, Math.floor(i / blocks.width), i % blocks.width),
    );
    const read = kernels.rows(blocks, [2, 12]);
    const wanted = [2, 12].flatMap((r) => [...exact.subarray(r * blocks.width, (r + 1) * blocks.width)]);
    expect(Math.max(...wanted.map((value, i) => Math.abs(read[i] - value)))).toBeLessThan(1e-4);

    const scales = draw(blocks.width, 0.1, 2);
    const { codes, steps } = kernels.columns(blocks, scales);
    for (let r = 0; r < rows; r++) {
      const scaled = exact.subarray(r * blocks.width, (r + 1) * blocks.width).map((w, i) => w * scales[i]);
      const most = scaled.reduce((m, w) => Math.max(m, Math.abs(w)), 0);
      expect(steps[r] / (most / 127)).toBeCloseTo(1, 5);
      const offs = scaled.map((w, i) => Math.abs(codes[i * rows + r] - w / steps[r]));
      expect(Math.max(...offs)).toBeLessThan(0.501);
    }
  }
});

it('gives rows without any value some step', () => {
  const zeros = new Float32Array(2).fill(8);
  const steps = new Float32Array(2);
  const blocks: StoredBlocks = { bits: 4, rows: 2, width: 16, group: 16, codes: new Uint8Array(16), steps, zeros };
  const made = new ColumnKernels().columns(blocks, new Float32Array(16).fill(1));
  expect([...made.codes]).toEqual(new Array(32).fill(0));
  expect([...made.steps]).toEqual([1, 1]);
});
