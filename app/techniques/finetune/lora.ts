/** Low-rank adapters (Hu et al. 2021): which modules get one, how they begin, and how they are added to the weights. */
import { UserError } from '../../contract/errors.ts';
import { Random } from '../../datasets/index.ts';
import { adapterScale, matchPattern } from '../../models/adapter.ts';
import type { LinearSpec } from '../../models/architectures/kit.ts';
import type { AdapterSpec } from '../../models/graphs/adapter.ts';

export interface LoraOptions {
  readonly rank: number;
  readonly alpha: number;
  /** Ends of module names (`q_proj`, `layers.0.mlp.down_proj`); absent or `all`: every linear layer except the head. */
  readonly targets?: readonly string[];
  /** Scale by alpha / sqrt(rank) (rsLoRA, Kalajdzievski 2023). */
  readonly rankStabilised?: boolean;
  /** Other ranks and alphas, by the ends of module names. */
  readonly ranks?: Readonly<Record<string, number>>;
  readonly alphas?: Readonly<Record<string, number>>;
  /** Rows have a trained length of their own (DoRA). */
  readonly magnitude?: boolean;
}

const lastPart = (module: string): string => module.slice(module.lastIndexOf('.') + 1);
const endsIn = (module: string, end: string): boolean => module === end || module.endsWith(`.${end}`);

/** @throws UserError arguments/invalid naming the modules there are */
export function chooseModules(
  linears: ReadonlyMap<string, LinearSpec>,
  options: LoraOptions,
): Map<string, AdapterSpec> {
  const { targets = ['all'], ranks = {}, alphas = {}, rankStabilised = false, magnitude = false } = options;
  const names = [...linears.keys()];
  const asked = [...targets, ...Object.keys(ranks), ...Object.keys(alphas)];
  const unknown = asked.filter((end) => end !== 'all' && !names.some((name) => endsIn(name, end)));
  if (unknown.length > 0) {
    const known = [...new Set(names.map(lastPart))].join(', ');
    throw new UserError('arguments/invalid', `no layer is called ${unknown.join(', ')} (there are ${known})`);
  }
  const chosen = new Map<string, AdapterSpec>();
  for (const name of names) {
    if (!targets.some((end) => end === 'all' || endsIn(name, end))) continue;
    const rank = matchPattern(ranks, name) ?? options.rank;
    const scale = adapterScale(matchPattern(alphas, name) ?? options.alpha, rank, rankStabilised);
    chosen.set(name, magnitude ? { rank, scale, magnitude } : { rank, scale });
  }
  return chosen;
}

/**
 * `q_proj=16,layers.0.mlp.down_proj=4` as it is given: numbers by the ends of module names.
 * @throws UserError arguments/invalid
 */
export function readPattern(flag: string, pairs: readonly string[] | undefined): Record<string, number> {
  return Object.fromEntries(
    (pairs ?? []).map((pair) => {
      const [end, text, ...rest] = pair.split('=');
      const value = Number(text);
      if (!end || rest.length > 0 || !(value > 0)) {
        throw new UserError('arguments/invalid', `${flag}: "${pair}" is not a layer's name, "=" and a number above 0`);
      }
      return [end.trim(), value];
    }),
  );
}

/** Module of an adapter's weight, and which of its two matrices it is. */
export function adapterPart(weight: string): { readonly module: string; readonly part: 'A' | 'B' } | undefined {
  const match = /^(.*)\.lora_([AB])\.weight$/.exec(weight);
  return match ? { module: match[1], part: match[2] as 'A' | 'B' } : undefined;
}

/** A begins uniform in ±1/sqrt(inputs) as in PEFT (Kaiming with a = sqrt 5), B at zero: the model begins unchanged. */
export function initialAdapter(weight: string, shape: readonly number[], seed: number): Float32Array<ArrayBuffer> {
  const [rows, columns] = shape;
  const values = new Float32Array(rows * columns);
  if (adapterPart(weight)?.part !== 'A') return values;
  const random = new Random([seed, hash(weight)]);
  const bound = 1 / Math.sqrt(columns);
  for (let i = 0; i < values.length; i++) values[i] = (2 * random.fraction() - 1) * bound;
  return values;
}

/**
 * Squared length of each row of a weight [out, in] ([in, out] where `layout` is `in-out`), summed in doubles.
 * @returns [out]
 */
export function rowSquares(weight: Float32Array, { inputs, outputs, layout }: LinearSpec): Float32Array<ArrayBuffer> {
  const squares = new Float64Array(outputs);
  if (layout === 'in-out') for (let at = 0; at < weight.length; at++) squares[at % outputs] += weight[at] * weight[at];
  else for (let o = 0, at = 0; o < outputs; o++) for (let i = 0; i < inputs; i++, at++) squares[o] += weight[at] ** 2;
  return Float32Array.from(squares);
}

/** FNV-1a: the same start for a module whatever else is adapted. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

/**
 * W += scale * B A, in place; for DoRA each row is then brought to its trained length.
 * @param weight [out, in], or [in, out] where `layout` is `in-out`
 * @param a [rank, in]
 * @param b [out, rank]
 * @param magnitude [out]
 */
export function mergeAdapter(
  weight: Float32Array,
  { a, b, magnitude }: { readonly a: Float32Array; readonly b: Float32Array; readonly magnitude?: Float32Array },
  { inputs, outputs, layout }: LinearSpec,
  { rank, scale }: AdapterSpec,
): void {
  const row = new Float32Array(inputs);
  const [begin, stride] = layout === 'in-out' ? [1, outputs] : [inputs, 1];
  for (let o = 0; o < outputs; o++) {
    row.fill(0);
    for (let r = 0; r < rank; r++) {
      const factor = b[o * rank + r] * scale;
      const from = r * inputs;
      for (let i = 0; i < inputs; i++) row[i] += factor * a[from + i];
    }
    let squares = 0;
    for (let i = 0, at = o * begin; i < inputs; i++, at += stride) {
      weight[at] += row[i];
      squares += weight[at] * weight[at];
    }
    if (!magnitude) continue;
    const factor = squares > 0 ? magnitude[o] / Math.sqrt(squares) : 0;
    for (let i = 0, at = o * begin; i < inputs; i++, at += stride) weight[at] *= factor;
  }
}
