/** Measures what stopping early saves: the same texts, one by one, through several models in turns. */
import { mean, median } from '../../evaluate/statistics.ts';
import { textFeeds } from '../../evaluate/text-feeds.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { openSession } from '../../runtime/open.ts';
import type { Session } from '../../runtime/session.ts';
import type { Graph } from '../../tensor/graph.ts';

export interface Timing {
  /** Milliseconds for a text: of each text the median of the rounds, which a busy moment does not move, of these the mean. */
  readonly milliseconds: number;
  /** Milliseconds for a text in each round, busy moments and all. */
  readonly rounds: readonly number[];
}

export interface MeasureContext {
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (what: 'measuring', done: number, total: number) => void;
}

const ROUNDS = 5;

/** Takes the times of several models, each text read by all of them before the next, in an order that turns. */
export async function timeInTurns(
  graphs: Readonly<Record<string, Graph>>,
  texts: readonly Int32Array[],
  context: MeasureContext,
): Promise<Record<string, Timing>> {
  const sessions = new Map<string, Session>();
  try {
    for (const [name, graph] of Object.entries(graphs))
      sessions.set(name, await openSession(encodeModel(graph), { threads: context.threads, memoryPattern: false }));
    const ways = [...sessions].map(([name, session]) => {
      const feeds = texts.map((text) => textFeeds(session, [text]));
      return [name, (i: number) => session.run(feeds[i], undefined, { signal: context.signal })] as const;
    });
    return await timeWays(Object.fromEntries(ways), texts.length, context);
  } finally {
    for (const session of sessions.values()) session.dispose();
  }
}

/** @param ways by name: each does what is timed for one text */
export async function timeWays(
  ways: Readonly<Record<string, (text: number) => Promise<unknown>>>,
  texts: number,
  { signal, onProgress }: MeasureContext,
): Promise<Record<string, Timing>> {
  const names = Object.keys(ways);
  const rounds = new Map(names.map((name) => [name, [] as number[]]));
  const each = new Map(names.map((name) => [name, Array.from({ length: texts }, (): number[] => [])]));
  for (let round = -1; round < ROUNDS; round++) {
    const totals = new Map(names.map((name) => [name, 0]));
    for (let i = 0; i < texts; i++) {
      signal?.throwIfAborted();
      for (let k = 0; k < names.length; k++) {
        const name = names[(k + i + round + 1) % names.length];
        const begin = performance.now();
        await ways[name](i);
        const time = performance.now() - begin;
        totals.set(name, totals.get(name)! + time);
        if (round >= 0) each.get(name)![i].push(time);
      }
      // The first round only warms up.
      if (round < 0 && i >= 4) break;
      if (round >= 0) onProgress?.('measuring', round * texts + i + 1, ROUNDS * texts);
    }
    if (round >= 0) for (const name of names) rounds.get(name)!.push(totals.get(name)! / texts);
  }
  return Object.fromEntries(
    names.map((name) => [name, { milliseconds: mean(each.get(name)!.map(median)), rounds: rounds.get(name)! }]),
  );
}

/** Ratio of two models' times, and how far those of the rounds lie apart. */
export function speedupOf(
  slow: Timing,
  fast: Timing,
): { readonly speedup: number; readonly low: number; readonly high: number } {
  const speedup = slow.milliseconds / fast.milliseconds;
  const ratios = [speedup, ...slow.rounds.map((time, i) => time / fast.rounds[i])];
  return { speedup, low: Math.min(...ratios), high: Math.max(...ratios) };
}
