/** At least one case for every operator in the list; does not compile where one is missing. */
import type { OpName } from '../../app/tensor/ops/index.ts';
import { composites } from './cases/composites.ts';
import { convolutions } from './cases/convolutions.ts';
import { elementwise } from './cases/elementwise.ts';
import { layout } from './cases/layout.ts';
import { products } from './cases/products.ts';
import { quantized } from './cases/quantized.ts';
import { reductions } from './cases/reductions.ts';
import type { OpCase } from './op-harness.ts';

export const CASES: Readonly<Record<OpName, readonly OpCase[]>> = {
  ...elementwise,
  ...layout,
  ...products,
  ...reductions,
  ...composites,
  ...convolutions,
  ...quantized,
};
