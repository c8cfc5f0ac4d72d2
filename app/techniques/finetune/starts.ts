/**
 * Adapters that begin at the strongest part of a weight, which is taken out of the base: PiSSA (Meng et al. 2024, its singular
 * vectors) and OLoRA (Büyükakyüz 2024, a QR decomposition), as PEFT's `init_lora_weights`.
 */
import type { LinearSpec } from '../../models/architectures/kit.ts';
import type { AdapterSpec } from '../../models/graphs/adapter.ts';
import { Random } from '../../tensor/random.ts';
import { transpose } from '../../tensor/transpose-matrix.ts';
import { mergeAdapter } from './lora.ts';

export interface Start {
  /** [rank, in] */
  readonly a: Float32Array<ArrayBuffer>;
  /** [out, rank] */
  readonly b: Float32Array<ArrayBuffer>;
}

type Read = (path: string) => Promise<Float32Array>;

/** What each module's adapter begins with, computed when first asked for and kept. */
export class Starts {
  readonly #starts = new Map<string, Promise<Start>>();
  constructor(
    readonly kind: 'pissa' | 'olora',
    readonly modules: ReadonlyMap<string, AdapterSpec>,
    readonly linears: ReadonlyMap<string, LinearSpec>,
    readonly read: Read,
  ) {}

  of(module: string): Promise<Start> {
    let start = this.#starts.get(module);
    if (!start) this.#starts.set(module, (start = this.#make(module)));
    return start;
  }

  async #make(module: string): Promise<Start> {
    const [spec, adapter] = [this.linears.get(module)!, this.modules.get(module)!];
    const stored = await this.read(`${module}.weight`);
    const weight = spec.layout === 'in-out' ? transpose(stored, spec.inputs, spec.outputs) : stored;
    return startOf(this.kind, weight, spec, adapter);
  }

  /** Takes the start out of a module's weight, in place. */
  async takeOut(module: string, weight: Float32Array): Promise<Float32Array> {
    const { rank, scale } = this.modules.get(module)!;
    mergeAdapter(weight, await this.of(module), this.linears.get(module)!, { rank, scale: -scale });
    return weight;
  }
}

/** @param weight [outputs, inputs] */
export function startOf(
  kind: 'pissa' | 'olora',
  weight: Float32Array,
  { inputs, outputs }: Pick<LinearSpec, 'inputs' | 'outputs'>,
  { rank, scale }: AdapterSpec,
): Start {
  if (kind === 'olora') {
    const q = Array.from({ length: rank }, (_, r) =>
      Float64Array.from({ length: outputs }, (_, o) => weight[o * inputs + r]),
    );
    orthonormalise(q);
    return pack(
      q,
      q.map((column) => leftProduct(weight, column, inputs)),
    );
  }
  const { left, right, values } = largestSingular(weight, outputs, inputs, rank);
  const roots = values.map((value) => Math.sqrt(value / scale));
  return pack(
    left.map((v, r) => v.map((x) => x * roots[r])),
    right.map((v, r) => v.map((x) => x * roots[r])),
  );
}

function pack(columns: readonly Float64Array[], rows: readonly Float64Array[]): Start {
  const rank = rows.length;
  const a = new Float32Array(rank * rows[0].length);
  for (const [r, row] of rows.entries()) a.set(row, r * row.length);
  const b = new Float32Array(columns[0].length * rank);
  columns.forEach((column, r) => {
    for (let o = 0; o < column.length; o++) b[o * rank + r] = column[o];
  });
  return { a, b };
}

/** Gram-Schmidt, each vector twice against those before it. */
function orthonormalise(vectors: readonly Float64Array[]): void {
  vectors.forEach((v, k) => {
    for (let pass = 0; pass < 2; pass++) {
      for (const u of vectors.slice(0, k)) {
        const along = dot(u, v);
        for (let i = 0; i < v.length; i++) v[i] -= along * u[i];
      }
    }
    const length = Math.sqrt(dot(v, v));
    for (let i = 0; i < v.length; i++) v[i] = length > 0 ? v[i] / length : 0;
  });
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}

/** Wᵀ u [inputs] */
function leftProduct(weight: Float32Array, u: Float64Array, inputs: number): Float64Array {
  const out = new Float64Array(inputs);
  for (let o = 0, at = 0; o < u.length; o++) for (let i = 0; i < inputs; i++, at++) out[i] += u[o] * weight[at];
  return out;
}

/** W v [outputs] */
function rightProduct(weight: Float32Array, v: Float64Array, outputs: number): Float64Array {
  const out = new Float64Array(outputs);
  for (let o = 0, at = 0; o < outputs; o++) for (let i = 0; i < v.length; i++, at++) out[o] += weight[at] * v[i];
  return out;
}

/** Vectors carried along beside the wanted ones, which makes the wanted converge faster. */
const BESIDE = 8;
const MOST_ITERATIONS = 60;

/** By subspace iteration (Halko et al. 2011), until the wanted values stay within 1e-7, or 60 rounds. */
function largestSingular(weight: Float32Array, outputs: number, inputs: number, rank: number) {
  const random = new Random([1, outputs, inputs]);
  const count = Math.min(rank + BESIDE, inputs, outputs);
  let right: Float64Array[] = Array.from({ length: count }, () =>
    Float64Array.from({ length: inputs }, () => random.fraction() - 0.5),
  );
  let before = Number.POSITIVE_INFINITY;
  for (let round = 0; round < MOST_ITERATIONS; round++) {
    orthonormalise(right);
    const images = right.map((v) => rightProduct(weight, v, outputs));
    right = rotateToSingular(right, images);
    const rotated = right.map((v) => rightProduct(weight, v, outputs));
    const sizes = rotated.map((v) => Math.sqrt(dot(v, v)));
    const sum = sizes.slice(0, rank).reduce((a, b) => a + b, 0);
    const settled = Math.abs(sum - before) <= 1e-7 * sum;
    before = sum;
    if (settled || round === MOST_ITERATIONS - 1) {
      const left = rotated.slice(0, rank).map((v, r) => v.map((x) => (sizes[r] > 0 ? x / sizes[r] : 0)));
      return { left, right: right.slice(0, rank), values: sizes.slice(0, rank) };
    }
    right = rotated.map((u) => leftProduct(weight, u, inputs));
  }
  throw new Error('not reached');
}

/** Turns orthonormal vectors so that their images stand on one another (one-sided Jacobi), the longest first. */
function rotateToSingular(right: readonly Float64Array[], images: readonly Float64Array[]): Float64Array[] {
  for (let sweep = 0; sweep < 12; sweep++) {
    for (let p = 0; p < images.length; p++) {
      for (let q = p + 1; q < images.length; q++) {
        const [alpha, beta, gamma] = [dot(images[p], images[p]), dot(images[q], images[q]), dot(images[p], images[q])];
        if (Math.abs(gamma) <= 1e-12 * Math.sqrt(alpha * beta) || gamma === 0) continue;
        const zeta = (beta - alpha) / (2 * gamma);
        const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const c = 1 / Math.sqrt(1 + t * t);
        for (const set of [right, images]) turn(set[p], set[q], c, c * t);
      }
    }
  }
  const order = images.map((_, i) => i).sort((i, j) => dot(images[j], images[j]) - dot(images[i], images[i]));
  return order.map((i) => right[i]);
}

function turn(x: Float64Array, y: Float64Array, c: number, s: number): void {
  for (let i = 0; i < x.length; i++) [x[i], y[i]] = [c * x[i] - s * y[i], s * x[i] + c * y[i]];
}
