/** Adapters on linear layers as graph nodes: LoRA (Hu et al. 2021) and DoRA (Liu et al. 2024, arXiv:2402.09353). */
import type { GraphBuilder } from '../../tensor/builder.ts';
import type { Value } from '../../tensor/graph.ts';
import type { LinearSpec } from '../architectures/kit.ts';

/** A low-rank addition to a linear layer: y += scale * B A x. */
export interface AdapterSpec {
  readonly rank: number;
  readonly scale: number;
  /** Share of the adapter's inputs that are left out in a step (Srivastava et al. 2014). */
  readonly dropout?: number;
  /** Each row of W + scale * B A is brought to a length that is trained too (DoRA). */
  readonly magnitude?: boolean;
}

/** Names of the tensors that belong to a module's adapter; the last is the squared length of each row of its W. */
export const adapterNames = (module: string) => ({
  a: `${module}.lora_A.weight`,
  b: `${module}.lora_B.weight`,
  magnitude: `${module}.lora_magnitude_vector`,
  rowSquares: `${module}.weight.row_squares`,
});

export const isAdapterWeight = (name: string): boolean => /\.lora_(?:[AB]\.weight|magnitude_vector)$/.test(name);

export interface AdapterParts {
  /** The input [tokens, inputs], and what of it the adapter gets to see. */
  readonly seen: Value;
  readonly weight: (name: string, shape: readonly number[]) => Value;
  /** x [rows, inputs] -> x Wᵀ [rows, outputs] */
  readonly product: (x: Value) => Value;
}

/**
 * The layer's output with its adapter, before the bias.
 * @param base x Wᵀ [tokens, outputs]
 */
export function emitAdapter(
  g: GraphBuilder,
  base: Value,
  module: string,
  { inputs, outputs }: LinearSpec,
  { rank, scale, magnitude = false }: AdapterSpec,
  { seen, weight, product }: AdapterParts,
): Value {
  const names = adapterNames(module);
  const a = weight(names.a, [rank, inputs]);
  const b = weight(names.b, [outputs, rank]);
  const low = g.matmul(g.matmul(seen, a, { transY: true }), b, { transY: true, alpha: scale });
  const sum = g.add(base, low);
  if (!magnitude) return sum;
  const squares = emitRowSquares(g, weight(names.rowSquares, [outputs]), a, b, scale, product);
  // The length counts as a constant in the gradient (section 4.3 there).
  const length = g.op('Detach', [g.sqrt(squares)]);
  return g.mul(sum, g.div(weight(names.magnitude, [outputs]), length));
}

/**
 * Squared length of each row of W + s B A without making that matrix: |W|² + 2 s B·(W Aᵀ) + s² B (A Aᵀ) Bᵀ, row by row.
 * @returns [outputs]
 */
function emitRowSquares(
  g: GraphBuilder,
  ofWeight: Value,
  a: Value,
  b: Value,
  scale: number,
  product: (x: Value) => Value,
): Value {
  const cross = g.reduceSum(g.mul(b, g.transpose(product(a), [1, 0])), [1], false);
  const gram = g.matmul(a, a, { transY: true });
  const own = g.reduceSum(g.mul(g.matmul(b, gram), b), [1], false);
  return g.add(ofWeight, g.add(g.scale(cross, 2 * scale), g.scale(own, scale * scale)));
}
