/** Round numbers for axes. */

/** About `wanted` round values that lie within [low, high]. */
export function linearTicks(low: number, high: number, wanted = 5): readonly number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const ticks: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++)
    ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

/** 1, 2 and 5 of every power of ten within [low, high]; linear ones where that gives fewer than three. Both positive. */
export function logTicks(low: number, high: number): readonly number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    for (const factor of [1, 2, 5]) {
      const tick = Number((factor * 10 ** power).toPrecision(12));
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  return ticks.length >= 3 ? ticks : linearTicks(low, high, 5);
}

export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
  readonly ticks: readonly number[];
  /** 0 at the low end, 1 at the high one. */
  readonly at: (value: number) => number;
}

/** @param margin part of the span that is left free at both ends */
export function axisFor(
  values: readonly number[],
  { log, margin = 0.06 }: { readonly log: boolean; readonly margin?: number },
): Axis {
  const use = log ? (v: number) => Math.log10(v) : (v: number) => v;
  const back = log ? (v: number) => 10 ** v : (v: number) => v;
  let [from, to] = [Math.min(...values.map(use)), Math.max(...values.map(use))];
  if (to - from < 1e-9)
    [from, to] = log ? [from - 0.1, to + 0.1] : [from - Math.abs(from) * 0.05 - 1e-9, to + Math.abs(to) * 0.05 + 1e-9];
  const room = (to - from) * margin;
  const [low, high] = [back(from - room), back(to + room)];
  const ticks = log ? logTicks(low, high) : linearTicks(low, high);
  return { low, high, log, ticks, at: (value) => (use(value) - (from - room)) / (to - from + 2 * room) };
}
