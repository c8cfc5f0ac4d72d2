/** Shapes, gradients and reference arithmetic that MatMul and its fused form share. */

import type { GraphBuilder } from '../builder.ts';
import { broadcastShapes, type Dim, elements, type Shape } from '../dims.ts';
import type { Value } from '../graph.ts';
import type { Doubles } from '../op.ts';
import { broadcastOffset, doubles, eachIndex, stridesOf } from './evaluate.ts';

export interface MatrixOptions {
  readonly transX: boolean;
  readonly transY: boolean;
  readonly alpha: number;
}

const swapped = (shape: Shape, swap: boolean): Dim[] =>
  swap ? [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!] : [...shape];

export function productShape(x: Shape, y: Shape, { transX, transY }: MatrixOptions): Dim[] {
  const a = swapped(x.length === 1 ? [1, ...x] : x, transX);
  const b = swapped(y.length === 1 ? [...y, 1] : y, transY);
  const [m, k] = a.slice(-2);
  const [k2, n] = b.slice(-2);
  if (typeof k === 'number' && typeof k2 === 'number' && k !== k2) {
    throw new Error(`[${x}] and [${y}] do not multiply: ${k} against ${k2}`);
  }
  const batch = broadcastShapes(a.slice(0, -2), b.slice(0, -2));
  if (!batch) throw new Error(`[${x}] and [${y}] do not multiply: their leading axes clash`);
  return [...batch, ...(x.length === 1 ? [] : [m]), ...(y.length === 1 ? [] : [n])];
}

/** Gradients of z = alpha * op(x) op(y). */
export function productGradients(
  g: GraphBuilder,
  [x, y]: readonly Value[],
  dz: Value,
  needs: readonly boolean[],
  { transX, transY, alpha }: MatrixOptions,
): (Value | undefined)[] {
  if (x.shape.length < 2 || y.shape.length < 2) {
    const row = x.shape.length < 2;
    const column = y.shape.length < 2;
    const wide = g.unsqueeze(dz, row && column ? [0, 1] : row ? [-2] : [-1]);
    const matrices = [row ? g.unsqueeze(x, [0]) : x, column ? g.unsqueeze(y, [1]) : y];
    const [dx, dy] = productGradients(g, matrices, wide, needs, { transX, transY, alpha });
    return [dx && row ? g.squeeze(dx, [0]) : dx, dy && column ? g.squeeze(dy, [1]) : dy];
  }
  if (x.shape.length > 2 && y.shape.length === 2 && !transX) {
    // Every row of x meets the same y: one flat product each, not one a batch entry and a sum.
    const rows = elements(x.shape.slice(0, -1));
    const flatX = g.reshape(x, [rows, x.shape.at(-1)!]);
    const flatDz = g.reshape(dz, [rows, dz.shape.at(-1)!]);
    const [dx, dy] = productGradients(g, [flatX, y], flatDz, needs, { transX, transY, alpha });
    return [dx && g.reshape(dx, x.shape), dy];
  }
  let dx: Value | undefined;
  let dy: Value | undefined;
  if (needs[0]) {
    dx = transX
      ? g.matmul(y, dz, { transX: transY, transY: true, alpha })
      : g.matmul(dz, y, { transY: !transY, alpha });
    dx = g.unbroadcast(dx, x.shape);
  }
  if (needs[1]) {
    dy = transY
      ? g.matmul(dz, x, { transX: true, transY: transX, alpha })
      : g.matmul(x, dz, { transX: !transX, alpha });
    dy = g.unbroadcast(dy, y.shape);
  }
  return [dx, dy];
}

export function multiply(x: Doubles, y: Doubles, options: MatrixOptions): Doubles[] {
  const a = x.shape.length === 1 ? doubles(x.dtype, [1, x.shape[0]], x.data) : x;
  const b = y.shape.length === 1 ? doubles(y.dtype, [y.shape[0], 1], y.data) : y;
  const shape = productShape(a.shape, b.shape, options) as number[];
  const out = doubles(x.dtype, shape);
  const [m, n] = shape.slice(-2);
  const k = a.shape[a.shape.length - (options.transX ? 2 : 1)];
  const [sa, sb] = [stridesOf(a.shape), stridesOf(b.shape)];
  const [aRow, aInner] = options.transX ? [sa.at(-1)!, sa.at(-2)!] : [sa.at(-2)!, sa.at(-1)!];
  const [bInner, bColumn] = options.transY ? [sb.at(-1)!, sb.at(-2)!] : [sb.at(-2)!, sb.at(-1)!];
  const lead = (t: Doubles): Doubles => ({ ...t, shape: t.shape.slice(0, -2) });
  eachIndex(shape.slice(0, -2), (index, flat) => {
    const ao = broadcastOffset(lead(a), sa, index);
    const bo = broadcastOffset(lead(b), sb, index);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let l = 0; l < k; l++) sum += a.data[ao + i * aRow + l * aInner] * b.data[bo + l * bInner + j * bColumn];
        out.data[(flat * m + i) * n + j] = options.alpha * sum;
      }
    }
  });
  const outShape = productShape(x.shape, y.shape, options) as number[];
  return [doubles(x.dtype, outShape, out.data)];
}
