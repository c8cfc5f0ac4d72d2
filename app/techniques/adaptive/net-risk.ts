/**
 * p-value of "more is lost than allowed" where each example loses one, gains one, or neither: an exact test of a difference of
 * paired shares (Chan 1998; Martín Andrés & Tapia Garcia 2004). Losses and gains may cancel, which no bound on losses alone sees.
 */

/** @param losses each 1, 0 or -1 */
export function netRowsPValue(losses: ArrayLike<number>, allowed: number): number {
  let [lost, gained] = [0, 0];
  for (let i = 0; i < losses.length; i++) {
    if (losses[i] > 0) lost += 1;
    if (losses[i] < 0) gained += 1;
  }
  return netCountPValue({ rows: losses.length, losses: lost, gains: gained }, allowed);
}

/** How many shares of gains are tried for the one under which few net losses are likeliest. */
const SHARES = 48;
/** Chance that more rows differ than is taken to be possible after these were seen; it is added (Berger & Boos 1994). */
const BEYOND = 1e-4;
/** Standard deviations around the mean beyond which nothing is summed; what that leaves out is added. */
const REACH = 8.5;
const LEFT_OUT = 1e-14;

/**
 * The largest chance, over all likely shares of gains, of a result as far below what is allowed as this one, where exactly that
 * much is lost. More losses or fewer gains always count as further up, so no larger loss makes it likelier (Barnard 1947).
 */
export function netCountPValue(
  counts: { readonly losses: number; readonly gains: number; readonly rows: number },
  allowed: number,
): number {
  const { rows, losses, gains } = counts;
  if (losses - gains >= allowed * rows) return 1;
  const most = mostLosses(counts, allowed);
  const differing = Math.max(allowed, largestShare(rows, losses + gains));
  let worst = 0;
  for (let i = 0; i <= SHARES; i++) {
    // Close together where they are small.
    const gaining = ((differing - allowed) / 2) * (i / SHARES) ** 2;
    worst = Math.max(worst, chanceOf(rows, gaining, gaining + allowed, most));
  }
  return Math.min(1, worst + BEYOND + LEFT_OUT);
}

/** The largest share of which so few among so many are not rarer than `BEYOND` (Clopper & Pearson 1934). */
function largestShare(rows: number, seen: number): number {
  let [low, high] = [seen / rows, 1];
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (atMost(rows, seen, middle) > BEYOND) low = middle;
    else high = middle;
  }
  return high;
}

/** How far below: the net loss against what is allowed, over (about) its standard deviation. */
const farness = (losses: number, gains: number, expected: number): number =>
  (losses - gains - expected) / Math.sqrt(losses + gains + expected / 2);

/** By gains: the most losses that are as far below as those that were seen; -1 where none are. */
function mostLosses(
  { losses, gains, rows }: { losses: number; gains: number; rows: number },
  allowed: number,
): (gains: number) => number {
  const expected = allowed * rows;
  const seen = farness(losses, gains, expected) + 1e-12;
  const known: number[] = [];
  return (wanted) => {
    while (known.length <= wanted) {
      let most = known.at(-1) ?? -1;
      while (most + 1 <= rows - known.length && farness(most + 1, known.length, expected) <= seen) most += 1;
      known.push(most);
    }
    return known[wanted];
  };
}

/** Chance that there are at most so many losses as there may be with these gains. */
function chanceOf(rows: number, gaining: number, losing: number, most: (gains: number) => number): number {
  const [from, to] = reachOf(rows, gaining);
  let total = 0;
  let chance = gaining === 0 ? 1 : binomial(rows, from, gaining);
  for (let gains = from; gains <= to; gains++) {
    const limit = most(gains);
    if (limit >= 0) total += chance * atMost(rows - gains, limit, Math.min(1 - 1e-12, losing / (1 - gaining)));
    chance *= ((rows - gains) / (gains + 1)) * (gaining / (1 - gaining));
  }
  return total;
}

/** Chance of at most `limit` among `rows`. */
function atMost(rows: number, limit: number, share: number): number {
  const [from, to] = reachOf(rows, share);
  if (limit < from) return 0;
  if (limit >= to || rows === 0) return 1;
  let chance = binomial(rows, from, share);
  let total = 0;
  for (let count = from; count <= limit; count++) {
    total += chance;
    chance *= ((rows - count) / (count + 1)) * (share / (1 - share));
  }
  return total;
}

function reachOf(rows: number, share: number): [from: number, to: number] {
  const reach = REACH * Math.sqrt(rows * share * (1 - share)) + REACH ** 2 / 2;
  return [Math.max(0, Math.floor(rows * share - reach)), Math.min(rows, Math.ceil(rows * share + reach))];
}

function binomial(rows: number, count: number, share: number): number {
  return Math.exp(
    logFactorial(rows) -
      logFactorial(count) -
      logFactorial(rows - count) +
      count * Math.log(share) +
      (rows - count) * Math.log1p(-share),
  );
}

const FACTORIALS = [0, 0];
function logFactorial(n: number): number {
  while (FACTORIALS.length <= n) FACTORIALS.push(FACTORIALS[FACTORIALS.length - 1] + Math.log(FACTORIALS.length));
  return FACTORIALS[n];
}
