/** Round places on an axis: multiples of 1, 2 or 5 times a power of ten. */
export function niceSteps(from: number, to: number, wanted: number): number[] {
  const rough = (to - from) / Math.max(1, wanted);
  if (!(rough > 0)) return [from];
  const power = 10 ** Math.floor(Math.log10(rough));
  const unit = Math.max(1, [1, 2, 5, 10].map((m) => m * power).find((m) => m >= rough) ?? rough);
  const ticks: number[] = [];
  for (let at = Math.ceil(from / unit) * unit; at <= to; at += unit) ticks.push(at);
  return ticks;
}
