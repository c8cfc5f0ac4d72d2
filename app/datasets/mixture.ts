/** Which examples an epoch takes where several data sets are mixed by weight. */
import { Random } from '../tensor/random.ts';

/** One of the data sets that lie behind one another in a store. */
export interface MixedPart {
  /** Its examples, or its pairs. */
  readonly count: number;
  /** Share of the examples that are its own, of all parts' weights. */
  readonly weight: number;
}

/** Apart from other random numbers of the same seed and epoch. */
const PASS = 0x6d697831;

/** Examples of each part in an epoch: one pass over the first, and of the others as many as their weights say, at least one. */
export const takenOf = (parts: readonly MixedPart[]): number[] =>
  parts.map(({ weight }) => Math.max(1, Math.round((parts[0].count * weight) / parts[0].weight)));

/**
 * The numbers of an epoch's examples, part after part. Each part goes through its examples in an order of its own, and goes on in
 * the next epoch where it stopped, so that none comes again before all have come.
 */
export function mixedExamples(parts: readonly MixedPart[], seed: number, epoch: number): Int32Array {
  const taken = takenOf(parts);
  const examples = new Int32Array(taken.reduce((a, b) => a + b, 0));
  let at = 0;
  let offset = 0;
  parts.forEach(({ count }, part) => {
    const passes = new Map<number, Int32Array>();
    const passOf = (pass: number): Int32Array => {
      const known = passes.get(pass);
      if (known) return known;
      const order = Int32Array.from({ length: count }, (_, i) => i);
      passes.clear();
      passes.set(pass, new Random([seed, PASS, part, pass]).shuffle(order));
      return order;
    };
    for (let i = epoch * taken[part]; i < (epoch + 1) * taken[part]; i += 1)
      examples[at++] = offset + passOf(Math.floor(i / count))[i % count];
    offset += count;
  });
  return examples;
}
