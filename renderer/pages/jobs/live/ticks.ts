/** Round places on an axis: multiples of 1, 2, 2.5 or 5 times a power of ten. */
const ROUND = [1, 2, 2.5, 5, 10];

function unitFor(span: number, wanted: number): number {
  const rough = span / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  // A hair of slack: 0.30000000000000004 must not ask for the next unit.
  return (ROUND.find((m) => m * power >= rough * (1 - 1e-9)) ?? 10) * power;
}

function multiples(from: number, to: number, unit: number): number[] {
  const count = Math.round((to - from) / unit);
  return Array.from({ length: count + 1 }, (_, i) => Number((from + i * unit).toPrecision(12)));
}

/** Whole steps between two ends, both ends not necessarily among them. */
export function niceSteps(from: number, to: number, wanted: number): number[] {
  if (!(to > from)) return [from];
  const unit = Math.max(1, Math.round(unitFor(to - from, wanted)));
  const first = Math.ceil(from / unit) * unit;
  return multiples(first, Math.floor(to / unit) * unit, unit);
}

/** Ticks that enclose all values: the first and the last are the ends of the axis. */
export function niceTicks(low: number, high: number, wanted: number): number[] {
  if (!(high > low)) return low === 0 ? [0, 1] : [Math.min(0, low), Math.max(0, low)];
  const unit = unitFor(high - low, wanted);
  return multiples(Math.floor(low / unit) * unit, Math.ceil(high / unit) * unit, unit);
}
