/** In which order an epoch goes through its examples: random, mixed from several data sets, short ones first. */
import { Random } from '../tensor/random.ts';
import { type MixedPart, mixedExamples } from './mixture.ts';

export interface OrderOptions {
  readonly seed: number;
  readonly epoch: number;
  /** Default true; false keeps the order of the data. */
  readonly shuffle?: boolean;
  /** Data sets that are mixed; absent: one. */
  readonly parts?: readonly MixedPart[];
  /** Share of the epoch's examples, from its beginning on, that come shortest first (Bengio et al. 2009); default 0. */
  readonly rising?: number;
}

export interface EpochOrder {
  readonly examples: Int32Array;
  /** How many of them, from the first on, are in the order of their lengths. */
  readonly risen: number;
  /** Further random numbers of this epoch. */
  readonly random: Random;
}

/** Which examples are the rising ones is as random as the order without them: no more of them are short than of the rest. */
export function epochOrder(
  count: number,
  lengthOf: (example: number) => number,
  { seed, epoch, shuffle = true, parts, rising = 0 }: OrderOptions,
): EpochOrder {
  const random = new Random([seed, epoch]);
  const examples =
    parts && shuffle ? mixedExamples(parts, seed, epoch) : Int32Array.from({ length: count }, (_, i) => i);
  if (shuffle) random.shuffle(examples);
  const risen = shuffle ? Math.round(rising * examples.length) : 0;
  const first = [...examples.subarray(0, risen)].sort((a, b) => lengthOf(a) - lengthOf(b));
  examples.set(first);
  return { examples, risen, random };
}
