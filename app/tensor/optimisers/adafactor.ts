/**
 * Adafactor (Shazeer & Stern 2018, Alg. 4 without the relative step size): the second moment of a matrix is kept as the
 * outer product of its row and column means, so that the optimiser's memory is a thousandth of Adam's.
 */
import type { ParameterArena } from './arena.ts';
import type { Optimiser } from './optimiser.ts';

export interface AdafactorOptions {
  readonly weightDecay?: number;
  /** Updates whose root mean square exceeds this are scaled down to it. */
  readonly clipThreshold?: number;
  /** Second-moment decay is 1 - step^-exponent. */
  readonly decayExponent?: number;
}

const TINY = 1e-30;

export function adafactor({
  weightDecay = 0,
  clipThreshold = 1,
  decayExponent = 0.8,
}: AdafactorOptions = {}): Optimiser {
  const moments = new Map<string, Float32Array>();
  const moment = (name: string, length: number) => {
    let array = moments.get(name);
    if (!array) moments.set(name, (array = new Float32Array(length)));
    return array;
  };

  function update(arena: ParameterArena, name: string, shape: readonly number[], o: UpdateOptions): void {
    const w = arena.values(name);
    const g = arena.view(name, o.gradientSlot);
    const columns = shape.at(-1) ?? 1;
    const rows = w.length / columns;
    const factored = shape.length >= 2 && rows > 1 && columns > 1;
    const rowMeans = moment(`${name}.rows`, factored ? rows : 0);
    const columnMeans = moment(`${name}.columns`, factored ? columns : 0);
    const full = moment(`${name}.full`, factored ? 0 : w.length);
    const inverseRoot = factored ? factorMoments(g, rows, columns, rowMeans, columnMeans, o) : keepMoments(g, full, o);
    let squares = 0;
    for (let i = 0; i < g.length; i++) squares += (o.scale * g[i] * inverseRoot(i)) ** 2;
    const rms = Math.sqrt(squares / g.length);
    const rate = o.learningRate / Math.max(1, rms / clipThreshold);
    const decay = 1 - o.learningRate * weightDecay;
    for (let i = 0; i < g.length; i++) w[i] = w[i] * decay - rate * o.scale * g[i] * inverseRoot(i);
  }

  return {
    name: 'adafactor',
    moments: 0,
    step(arena, _firstSlot, { step, learningRate, gradientScale, gradientSlot }) {
      const options = { learningRate, scale: gradientScale, gradientSlot, beta: 1 - step ** -decayExponent };
      for (const { name, shape } of arena.parameters) update(arena, name, shape, options);
    },
    state: () => moments,
    restore(state) {
      for (const [name, values] of state) moments.set(name, Float32Array.from(values));
    },
  };
}

interface UpdateOptions {
  readonly learningRate: number;
  readonly scale: number;
  readonly gradientSlot: number;
  readonly beta: number;
}

/** Updates the row and column means; returns 1/sqrt of the second moment of an element. */
function factorMoments(
  g: Float32Array,
  rows: number,
  columns: number,
  rowMeans: Float32Array,
  columnMeans: Float32Array,
  { scale, beta }: UpdateOptions,
): (i: number) => number {
  const columnSums = new Float64Array(columns);
  let total = 0;
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let c = 0; c < columns; c++) {
      const square = (scale * g[r * columns + c]) ** 2 + TINY;
      sum += square;
      columnSums[c] += square;
    }
    rowMeans[r] = beta * rowMeans[r] + (1 - beta) * (sum / columns);
    total += rowMeans[r];
  }
  const mean = total / rows;
  const rowFactors = new Float64Array(rows);
  const columnFactors = new Float64Array(columns);
  for (let c = 0; c < columns; c++) {
    columnMeans[c] = beta * columnMeans[c] + (1 - beta) * (columnSums[c] / rows);
    columnFactors[c] = 1 / Math.sqrt(columnMeans[c]);
  }
  for (let r = 0; r < rows; r++) rowFactors[r] = Math.sqrt(mean / rowMeans[r]);
  return (i) => rowFactors[Math.trunc(i / columns)] * columnFactors[i % columns];
}

function keepMoments(g: Float32Array, full: Float32Array, { scale, beta }: UpdateOptions): (i: number) => number {
  for (let i = 0; i < g.length; i++) full[i] = beta * full[i] + (1 - beta) * ((scale * g[i]) ** 2 + TINY);
  return (i) => 1 / Math.sqrt(full[i]);
}
