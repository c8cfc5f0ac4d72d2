/** What a prune step says of itself: what went, what that cost, what learning brought back, whether it is fast enough. */
import { counted } from '../../../format/number.ts';

export interface PruneReport {
  /** "Layers 2 and 3 of 8" */
  readonly gone: string;
  /** What was asked of it and what came, as name and value. */
  readonly facts: readonly (readonly [name: string, value: string])[];
}

const PARTS: Readonly<Record<string, string>> = {
  neurons: 'neurons of every layer',
  heads: 'query heads of every layer',
  keyValueHeads: 'key-value heads of every layer',
  channels: 'channels',
  tokens: 'tokens of the vocabulary',
  weights: 'single weights',
};

const count = (value: number): string => value.toLocaleString('en');
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
const numberIn = (value: unknown, key: string): number | undefined => {
  const found = isRecord(value) ? value[key] : undefined;
  return typeof found === 'number' ? found : undefined;
};

/** @param result of a prune step, as the job kept it; undefined for anything else */
export function pruneReport(result: unknown): PruneReport | undefined {
  if (!isRecord(result) || !isRecord(result.removed)) return undefined;
  const { removed, latency, recovery } = result;
  const of = numberIn(removed, 'of');
  if (of === undefined) return undefined;
  const facts: [string, string][] = [];
  const key = ['perplexity', 'accuracy', 'cosine'].find((name) => numberIn(result.before, name) !== undefined);
  const [from, low, to] = [result.before, result.pruned, result.after].map((r) => (key ? numberIn(r, key) : undefined));
  const brief = (value: number) => value.toPrecision(4);
  if (key && from !== undefined && to !== undefined) {
    const steps = numberIn(recovery, 'steps');
    const middle = low === undefined ? '' : ` → ${brief(low)} at once`;
    const learnt = steps === undefined ? '' : ` after ${counted(steps, 'step')}`;
    facts.push([`${key[0].toUpperCase()}${key.slice(1)}`, `${brief(from)}${middle} → ${brief(to)}${learnt}`]);
  }
  const regained = numberIn(result, 'regained');
  if (regained !== undefined) facts.push(['Brought back', `${Math.round(100 * regained)}% of what was lost`]);
  const [target, before, after] = ['target', 'before', 'after'].map((name) => numberIn(latency, name));
  if (isRecord(latency) && target !== undefined && before !== undefined && after !== undefined) {
    const what = latency.kind === 'token' ? 'Time of a token' : 'Time to the first token';
    const within = latency.reached === true ? 'within' : 'not within';
    facts.push([what, `${before.toFixed(1)} → ${after.toFixed(1)} ms, ${within} ${target} ms`]);
  }
  return { gone: goneText(removed, of), facts };
}

function goneText(removed: Readonly<Record<string, unknown>>, of: number): string {
  if (Array.isArray(removed.layers)) {
    const layers = [...(removed.layers as number[])].sort((a, b) => a - b);
    const words =
      layers.length === 1 ? `Layer ${layers[0]}` : `Layers ${layers.slice(0, -1).join(', ')} and ${layers.at(-1)}`;
    return `${words} of ${of}`;
  }
  const parts = Object.entries(PARTS).flatMap(([key, words]) => {
    const number = numberIn(removed, key);
    return number ? [`${count(number)} of ${count(of)} ${words}`] : [];
  });
  return parts[0] ?? 'Nothing';
}
