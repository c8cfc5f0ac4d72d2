/** Which neurons or heads of a block stay, and where that cuts its weights. */
import { UserError } from '../../contract/errors.ts';
import type { DecoderConfig } from '../../models/architectures/architecture.ts';
import { largest } from './select.ts';

type Heads = Pick<DecoderConfig, 'heads' | 'keyValueHeads' | 'headDim'>;

/**
 * How much each input of a linear layer adds to its output: the norm of what flows in (1 by magnitude alone) times that of
 * the column it meets (as Wanda scores single weights; Minitron, Muralidharan et al. 2024, takes the activation alone).
 * @param weight of the reader, [outputs, inputs]
 * @param squares of the inputs, summed over the calibration text
 */
export function contributions(weight: Float32Array, inputs: number, squares?: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(inputs);
  for (let i = 0; i < weight.length; i++) sums[i % inputs] += weight[i] * weight[i];
  return sums.map((sum, i) => Math.sqrt(sum * (squares ? squares[i] : 1)));
}

/** Sums of squares over `size` neighbours: the importance of heads from that of their values. */
export function grouped(values: ArrayLike<number>, size: number): Float64Array {
  const sums = new Float64Array(values.length / size);
  for (let i = 0; i < values.length; i++) sums[Math.floor(i / size)] += values[i] ** 2;
  return sums;
}

/** Places of query heads, and of key-value heads, that stay; both ascending. */
export interface KeptHeads {
  readonly query: readonly number[];
  readonly keyValue: readonly number[];
}

/** Removes `count` key-value heads with the query heads that read them. @param importance of each query head */
export function keepGroups(importance: ArrayLike<number>, { heads, keyValueHeads }: Heads, count: number): KeptHeads {
  const group = heads / keyValueHeads;
  const sums = new Float64Array(keyValueHeads);
  for (let h = 0; h < heads; h++) sums[Math.floor(h / group)] += importance[h];
  const keyValue = largest(sums, keyValueHeads - count);
  return { keyValue, query: keyValue.flatMap((g) => Array.from({ length: group }, (_, i) => g * group + i)) };
}

/**
 * Removes `count` query heads, as many from each group, so that the groups stay equal.
 * @throws UserError prune/does-not-divide
 */
export function keepQueryHeads(
  importance: ArrayLike<number>,
  { heads, keyValueHeads }: Heads,
  count: number,
): KeptHeads {
  const group = heads / keyValueHeads;
  // Where every query head has keys of its own, these go with it.
  if (group === 1) return keepGroups(importance, { heads, keyValueHeads } as Heads, count);
  if (count % keyValueHeads !== 0) {
    throw new UserError(
      'prune/does-not-divide',
      `${count} of ${heads} heads cannot go: ${keyValueHeads} groups of ${group} must stay equal, so it must be a multiple of ${keyValueHeads}`,
    );
  }
  const stay = group - count / keyValueHeads;
  if (stay < 1) {
    const most = heads - keyValueHeads;
    throw new UserError('prune/too-much', `each of the ${keyValueHeads} groups needs one head: at most ${most} can go`);
  }
  const keyValue = [...Array(keyValueHeads).keys()];
  const query = keyValue.flatMap((g) =>
    largest(Array.prototype.slice.call(importance, g * group, (g + 1) * group) as number[], stay).map(
      (i) => g * group + i,
    ),
  );
  return { query, keyValue };
}

/** Places of heads -> places of their values. */
export const valuesOf = (heads: readonly number[], headDim: number): number[] =>
  heads.flatMap((h) => Array.from({ length: headDim }, (_, i) => h * headDim + i));

/** The outputs of a module that stay: those outside the section, and within it the places that are kept. */
export interface Section {
  readonly offset: number;
  readonly length: number;
  /** Ascending, counted from the section's beginning. */
  readonly keep: readonly number[];
}

/** Sections must not overlap. */
export function keptOutputs(outputs: number, sections: readonly Section[]): number[] {
  const inside = (i: number) => sections.find(({ offset, length }) => i >= offset && i < offset + length);
  const kept = sections.map(({ keep }) => new Set(keep));
  return [...Array(outputs).keys()].filter((i) => {
    const section = inside(i);
    return section === undefined || kept[sections.indexOf(section)].has(i - section.offset);
  });
}
