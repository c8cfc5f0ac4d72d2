/**
 * How large a model this machine can take, from bytes per parameter. Running: arithmetic, 4-bit weights with their scales
 * and an 8-bit embedding, or float16 weights, and a cache. Fine-tuning: peaks measured on SmolLM2's shape, LoRA on frozen
 * float32 weights, or all weights with gradients and both moments. An estimate: what counts is each wizard's own.
 */

export interface Use {
  readonly name: string;
  readonly detail: string;
  /** Bytes of memory for each parameter. */
  readonly bytesPerParameter: number;
}

export const USES: readonly Use[] = [
  { name: 'Run', detail: 'at 4 bits', bytesPerParameter: 0.8 },
  { name: 'Run', detail: 'at 16 bits', bytesPerParameter: 2.3 },
  { name: 'Fine-tune', detail: 'LoRA', bytesPerParameter: 9.2 },
  { name: 'Fine-tune', detail: 'all weights', bytesPerParameter: 20.2 },
];

/** Half of what is there leaves room for the system, the cache and long texts. */
const COMFORTABLE = 0.5;
const POSSIBLE = 0.85;

export interface Fit extends Use {
  readonly comfortable: number;
  readonly possible: number;
}

/** @param memoryBytes of the whole machine @returns parameters for each use */
export const fits = (memoryBytes: number): readonly Fit[] =>
  USES.map((use) => ({
    ...use,
    comfortable: (memoryBytes * COMFORTABLE) / use.bytesPerParameter,
    possible: (memoryBytes * POSSIBLE) / use.bytesPerParameter,
  }));

const ROUND = [1, 3] as const;

/** Ticks 0.1, 0.3, 1, 3, … that hold all values; parameters, not billions. */
export function logTicks(lowest: number, highest: number): readonly number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(lowest)); power <= Math.ceil(Math.log10(highest)); power++)
    for (const step of ROUND) ticks.push(step * 10 ** power);
  const from = ticks.findLastIndex((tick) => tick <= lowest);
  const to = ticks.findIndex((tick) => tick >= highest);
  return ticks.slice(Math.max(0, from), to < 0 ? undefined : to + 1);
}
