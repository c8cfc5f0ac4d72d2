/** Low-rank adapters (Hu et al. 2021): which modules get one, how they begin, and how they are added to the weights. */
import { UserError } from '../../contract/errors.ts';
import { Random } from '../../datasets/index.ts';
import { adapterScale } from '../../models/adapter.ts';
import type { LinearSpec } from '../../models/architectures/kit.ts';
import type { AdapterSpec } from '../../models/graphs/adapter.ts';

export interface LoraOptions {
  readonly rank: number;
  readonly alpha: number;
  /** Last parts of module names (`q_proj`); absent or `all`: every linear layer except the head. */
  readonly targets?: readonly string[];
  /** Scale by alpha / sqrt(rank) (rsLoRA, Kalajdzievski 2023). */
  readonly rankStabilised?: boolean;
}

const lastPart = (module: string): string => module.slice(module.lastIndexOf('.') + 1);

/** @throws UserError arguments/invalid naming the modules there are */
export function chooseModules(
  linears: ReadonlyMap<string, LinearSpec>,
  { rank, alpha, targets, rankStabilised = false }: LoraOptions,
): Map<string, AdapterSpec> {
  const all = targets === undefined || targets.includes('all');
  const scale = adapterScale(alpha, rank, rankStabilised);
  const chosen = new Map<string, AdapterSpec>();
  for (const name of linears.keys()) if (all || targets.includes(lastPart(name))) chosen.set(name, { rank, scale });
  const known = [...new Set([...linears.keys()].map(lastPart))];
  const unknown = targets?.filter((target) => target !== 'all' && !known.includes(target)) ?? [];
  if (unknown.length > 0) {
    throw new UserError(
      'arguments/invalid',
      `no layer is called ${unknown.join(', ')} (there are ${known.join(', ')})`,
    );
  }
  return chosen;
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

/** FNV-1a: the same start for a module whatever else is adapted. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

/**
 * W += scale * B A, in place.
 * @param weight [out, in], or [in, out] where `layout` is `in-out`
 * @param a [rank, in]
 * @param b [out, rank]
 */
export function mergeAdapter(
  weight: Float32Array,
  a: Float32Array,
  b: Float32Array,
  { inputs, outputs, layout }: LinearSpec,
  { rank, scale }: AdapterSpec,
): void {
  const row = new Float32Array(inputs);
  for (let o = 0; o < outputs; o++) {
    row.fill(0);
    for (let r = 0; r < rank; r++) {
      const factor = b[o * rank + r] * scale;
      const from = r * inputs;
      for (let i = 0; i < inputs; i++) row[i] += factor * a[from + i];
    }
    if (layout === 'in-out') for (let i = 0; i < inputs; i++) weight[i * outputs + o] += row[i];
    else for (let i = 0, at = o * inputs; i < inputs; i++, at++) weight[at] += row[i];
  }
}
