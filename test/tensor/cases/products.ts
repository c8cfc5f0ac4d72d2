/** Products. */
import type { OpCase } from '../op-harness.ts';
import { floats } from './inputs.ts';

export const products = {
  FusedMatMul: [
    { inputs: [floats(['batch', 3, 4]), floats([5, 4])], attrs: { transB: 1, alpha: 0.5 }, twice: true },
    { name: 'first transposed', inputs: [floats(['batch', 4, 3]), floats(['batch', 4, 5])], attrs: { transA: 1 } },
    { name: 'both transposed', inputs: [floats([2, 1, 4, 3]), floats([2, 5, 4])], attrs: { transA: 1, transB: 1 } },
    { name: 'a transposed stack and a matrix', inputs: [floats([2, 4, 3]), floats([4, 5])], attrs: { transA: 1 } },
  ],
  Gemm: [
    { inputs: [floats(['rows', 3]), floats([3, 2]), floats([2])], attrs: { alpha: 0.5, beta: 2 }, twice: true },
    { name: 'transposed', inputs: [floats([3, 'rows']), floats([2, 3])], attrs: { transA: 1, transB: 1 } },
  ],
  MatMul: [
    { inputs: [floats(['batch', 'length', 4]), floats([4, 2])], twice: true },
    { name: 'stacks that broadcast', inputs: [floats(['batch', 1, 2, 3]), floats([2, 3, 4])] },
    { name: 'a vector on the right', inputs: [floats(['batch', 2, 3]), floats([3])] },
    { name: 'a vector on the left', inputs: [floats([3]), floats(['batch', 3, 2])] },
    { name: 'two vectors', inputs: [floats([3]), floats([3])] },
  ],
  Einsum: [
    { inputs: [floats(['batch', 2, 3]), floats(['batch', 3, 4])], attrs: { equation: 'bij,bjk->bik' }, twice: true },
    { name: 'summed away', inputs: [floats([2, 3]), floats([3, 4])], attrs: { equation: 'ij,jk->k' } },
    { name: 'without an arrow', inputs: [floats([2, 3]), floats([3])], attrs: { equation: 'ij, j' } },
    { name: 'three', inputs: [floats([2]), floats([2, 3]), floats([3])], attrs: { equation: 'i,ij,j->' } },
  ],
} satisfies Record<string, readonly OpCase[]>;
