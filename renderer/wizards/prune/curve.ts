/** What an earlier run of pruning by perplexity tells of a model: which layers go first, and what each of them costs. */

export interface DepthCurve {
  /** In the order in which they were given up. */
  readonly removed: readonly number[];
  /** Perplexity of the calibration text with none removed, one, two, … */
  readonly perplexities: readonly number[];
}

/** @param result of a prune step, as the job kept it */
export function curveOf(result: unknown): DepthCurve | undefined {
  const { removed } = (result ?? {}) as { removed?: { layers?: unknown; perplexities?: unknown } };
  const numbers = (value: unknown): value is number[] =>
    Array.isArray(value) && value.every((v) => typeof v === 'number');
  if (!numbers(removed?.layers) || !numbers(removed.perplexities)) return undefined;
  return { removed: removed.layers, perplexities: removed.perplexities };
}

/** How many layers an amount takes of a model, as the engine counts them. */
export function layersGone(amount: unknown, layers: number): number {
  const value = typeof amount === 'number' ? amount : 0.1;
  return Math.min(layers - 1, Math.max(1, value < 1 ? Math.round(value * layers) : Math.round(value)));
}

/** Which layers go: known from the curve, or only how many. */
export function goneLayers(curve: DepthCurve | undefined, count: number): ReadonlySet<number> | undefined {
  return curve && count <= curve.removed.length ? new Set(curve.removed.slice(0, count)) : undefined;
}

/** Settings by which so many layers go: those that the curve names, or so many as the run finds. */
export function withLayers(
  options: Readonly<Record<string, unknown>>,
  count: number,
  curve: DepthCurve | undefined,
): Record<string, unknown> {
  const { amount: _, layers: __, by, ...others } = options;
  const gone = goneLayers(curve, count);
  if (gone) return { ...others, method: 'depth', layers: [...gone] };
  return { ...others, ...(by === undefined ? {} : { by }), method: 'depth', amount: count };
}
