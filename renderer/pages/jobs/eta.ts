/** How long a job will still take, from the pace of its recent steps. */

export interface StepTime {
  readonly step: number;
  /** Milliseconds since 1970 at which it was heard of; 0 where that is not known. */
  readonly time: number;
}

export interface Remaining {
  /** Milliseconds. */
  readonly mid: number;
  readonly low: number;
  readonly high: number;
}

/** Steps whose pace counts. */
const WINDOW = 60;

const quantile = (sorted: readonly number[], q: number): number => {
  const at = q * (sorted.length - 1);
  const low = Math.floor(at);
  return sorted[low] + (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]) * (at - low);
};

/**
 * The median pace of the last steps, times the steps that remain; low and high from the middle half of the paces. A median,
 * so that one checkpoint or pause does not move it. Undefined until two steps are known.
 */
export function remaining(times: readonly StepTime[], totalSteps: number): Remaining | undefined {
  // Steps that were told together share their time: only the last of them says how far the job had come then.
  const told = times.filter(({ time }, i) => time > 0 && times[i + 1]?.time !== time);
  const recent = told.slice(-WINDOW - 1);
  const paces: number[] = [];
  for (let i = 1; i < recent.length; i++) {
    const steps = recent[i].step - recent[i - 1].step;
    if (steps > 0) paces.push((recent[i].time - recent[i - 1].time) / steps);
  }
  const last = told.at(-1);
  if (paces.length === 0 || !last) return undefined;
  paces.sort((a, b) => a - b);
  const left = Math.max(0, totalSteps - last.step);
  return { mid: left * quantile(paces, 0.5), low: left * quantile(paces, 0.25), high: left * quantile(paces, 0.75) };
}
