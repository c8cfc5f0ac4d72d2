/**
 * How sure one can be, from a calibration set alone, that a loss stays below what was allowed: p-values of "the mean loss is
 * larger", valid for every number of examples (Angelopoulos et al. 2021, "Learn then Test").
 */

type Bets = readonly (readonly [share: number, weight: number])[];

/** Shares of the largest possible bet, with the weight that each begins with: bold ones win soon, careful ones bear losses. */
const BETS: Bets = [
  [1, 0.3],
  [0.8, 0.1],
  [0.6, 0.1],
  [0.4, 0.1],
  [0.25, 0.1],
  [0.15, 0.1],
  [0.08, 0.1],
  [0.04, 0.1],
];

/** For losses that lie close together, where the largest bet is best and more so than others would be. */
const BOLD_BETS: Bets = [
  [1, 0.6],
  [0.8, 0.1],
  [0.6, 0.1],
  [0.4, 0.1],
  [0.2, 0.1],
];

/** Whoever has as much bets no more of it. */
const RICH = 1e200;

/**
 * p-value of a mean loss above `allowed`, by betting against it (Waudby-Smith & Ramdas 2024): a capital that grows by
 * 1 + c (allowed - loss) / (1 - allowed) at each example cannot be expected to grow where the loss is larger, so that a large
 * one is evidence. Adapts to how seldom losses are. What counts is the largest that the capital ever was (Ville's inequality), not
 * what later losses leave of it.
 * @param losses each in [-1, 1], in an order that does not depend on them
 */
export function bettingPValue(losses: ArrayLike<number>, allowed: number, bets: Bets = BETS): number {
  const capitals = Float64Array.from(bets, ([, weight]) => weight);
  let most = 1;
  for (let i = 0; i < losses.length; i++) {
    const won = (allowed - losses[i]) / (1 - allowed);
    let sum = 0;
    for (let k = 0; k < bets.length; k++) {
      capitals[k] = Math.min(RICH, capitals[k] * Math.max(0, 1 + bets[k][0] * won));
      sum += capitals[k];
    }
    most = Math.max(most, sum);
  }
  return 1 / most;
}

/**
 * p-value of a share of losses above `allowed`: the chance of so few among so many where it is exactly that.
 * @param losses each 0 or 1
 */
export function binomialPValue(losses: ArrayLike<number>, allowed: number): number {
  const count = losses.length;
  const failures = Array.from(losses).reduce((a, b) => a + b, 0);
  let term = count * Math.log1p(-allowed);
  let total = Math.exp(term);
  for (let k = 1; k <= failures; k++) {
    term += Math.log((count - k + 1) / k) + Math.log(allowed) - Math.log1p(-allowed);
    total += Math.exp(term);
  }
  return Math.min(1, total);
}

/**
 * p-value of a mean loss above `allowed` where losses and gains may cancel: the better of a bet on the difference and of the
 * tail of the losses alone, which is at least as large as the difference (gains not counted); doubled for the choice. For
 * shares of a loss the tail is Bentkus's, e times the binomial one (Bates et al. 2021).
 * @param losses each in [-1, 1]
 */
export function netPValue(losses: ArrayLike<number>, allowed: number): number {
  const harms = Array.from(losses, (loss) => Math.max(0, loss));
  const whole = harms.every((harm) => harm === 0 || harm === 1);
  const sum = Math.ceil(harms.reduce((a, b) => a + b, 0) - 1e-9);
  const rounded = Uint8Array.from(harms, (_, i) => Number(i < sum));
  const tail = (whole ? 1 : Math.E) * binomialPValue(rounded, allowed);
  return Math.min(1, 2 * Math.min(tail, bettingPValue(losses, allowed)));
}

/**
 * p-value of a mean loss above `allowed` over windows of many tokens, each of which loses a small share or gains one.
 * @param losses each in [-1, 1]
 */
export const windowPValue: PValue = (losses, allowed) => bettingPValue(losses, allowed, BOLD_BETS);

export type PValue = (losses: ArrayLike<number>, allowed: number) => number;

/** Fewest examples that could prove anything: as many as are needed where none of them shows a loss. */
export function requiredRows(pValue: PValue, allowed: number, level: number): number {
  const enough = (count: number) => pValue(new Uint8Array(count), allowed) <= level;
  let high = 1;
  while (!enough(high)) high *= 2;
  let low = high / 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/**
 * Tests one after the other at the full level and stops at the first that fails: the chance that any accepted one breaks the
 * promise is at most `level`, as long as their order does not depend on what they are tested on.
 * @returns how many from the first on were accepted
 */
export function testInSequence<T>(candidates: readonly T[], pValueOf: (candidate: T) => number, level: number): number {
  const failed = candidates.findIndex((candidate) => pValueOf(candidate) > level);
  return failed < 0 ? candidates.length : failed;
}

/** Level of each of two sequences of tests that share what may go wrong. */
export const levelOfTwo = ({ confidence }: { readonly confidence: number }): number => (1 - confidence) / 2;
