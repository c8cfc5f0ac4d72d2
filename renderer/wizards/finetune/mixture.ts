/** Further data sets in the form, each with its share of the examples. Pure. */
import type { Options } from '../form/values.ts';

export interface MixedSet {
  readonly id: string;
  readonly name: string;
  /** Share of all examples, 0 to 1. */
  readonly share: number;
}

/** What a data set that is added begins with. */
export const FIRST_SHARE = 0.2;
/** What the first data set keeps at least. */
const LEAST = 0.05;

export const mixedSets = ({ mixed }: Options): readonly MixedSet[] =>
  Array.isArray(mixed) ? (mixed as MixedSet[]) : [];

/** Share that is left for the first data set. */
export const ownShare = (sets: readonly MixedSet[]): number => 1 - sets.reduce((sum, { share }) => sum + share, 0);

/** What is wrong with them, in words. */
export const mixtureProblem = (sets: readonly MixedSet[]): string | undefined =>
  ownShare(sets) < LEAST - 1e-9
    ? `The first data set would be left with ${Math.max(0, Math.round(100 * ownShare(sets)))} %: give the others less`
    : undefined;

/** "plants, 20 % chats": what is learnt from. */
export const mixtureWords = (first: string, sets: readonly MixedSet[]): string =>
  [first, ...sets.map(({ name, share }) => `${Math.round(100 * share)} % ${name}`)].join(', ');

export const withMixed = ({ mixed: _, mix: __, ...options }: Options, sets: readonly MixedSet[]): Options =>
  sets.length === 0 ? options : { ...options, mixed: sets, mix: weightsOf(sets) };

/** In the order of the data sets, the first one's before. */
const weightsOf = (sets: readonly MixedSet[]): number[] =>
  [ownShare(sets), ...sets.map(({ share }) => share)].map((weight) => Math.round(1e4 * weight) / 1e4);
