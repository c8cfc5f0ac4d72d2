/**
 * Measures rows: within one, Lathe and its peers take turns, so that whatever else the machine does hits all alike.
 *
 * A row is one file in rows/ and one line in rows/index.mjs:
 *   name, group (train | transfer | decode | import | quality), title
 *   needs(context)      paths that must exist, of those under the peers' folder or of models; a missing one skips the row
 *   prepare?(context)   once, before anything is measured; what it returns is context.prepared
 *   sides               { lathe(context) { … }, 'llama.cpp Q4_0'(context) { … } }: each one measurement in a process of its
 *                       own (see processes.mjs); Lathe's comes first. Gives { values: { metric: number }, cpuSeconds?, note? }
 *   results             what the table shows: { metric, label, unit, digits?, against?: [sides], target?: { atLeast | atMost, of:
 *                       'ratio' | 'value' } }. The ratio is Lathe's median over the best peer's in `against` (default: all)
 */
import { existsSync } from 'node:fs';
import { loadavg } from 'node:os';
import { median, spread } from './statistics.mjs';

/** @returns {Promise<object>} what results.mjs shows and what is written as JSON */
export async function runRow(row, context) {
  const missing = row.needs(context).filter((path) => !existsSync(path));
  if (missing.length > 0) return { name: row.name, group: row.group, title: row.title, missing };
  const prepared = await row.prepare?.(context);
  const samples = Object.fromEntries(Object.keys(row.sides).map((side) => [side, []]));
  const loads = [];
  for (let repeat = 0; repeat < context.repeats; repeat++) {
    // Every other round in reverse, so that nobody always comes after the same neighbour.
    const order = repeat % 2 === 0 ? Object.keys(row.sides) : Object.keys(row.sides).reverse();
    for (const side of order) {
      loads.push(loadavg()[0]);
      context.say(`${row.name}: ${side}, ${repeat + 1} of ${context.repeats}`);
      samples[side].push(await row.sides[side]({ ...context, prepared }));
    }
  }
  const results = row.results.map((result) => compare(result, samples));
  return { name: row.name, group: row.group, title: row.title, results, samples, loads };
}

function compare({ metric, label, unit, digits = 1, target, against, higherIsBetter = true }, samples) {
  const summary = (side) => {
    const values = samples[side].map((s) => s.values[metric]).filter((v) => v !== undefined);
    return values.length === 0 ? undefined : { side, median: median(values), spread: spread(values), values };
  };
  const lathe = summary('lathe');
  const peers = (against ?? Object.keys(samples).filter((side) => side !== 'lathe')).map(summary).filter(Boolean);
  const best = peers.reduce((a, b) => (!a || b.median > a.median === higherIsBetter ? b : a), undefined);
  const ratio = lathe && best && lathe.median / best.median;
  const judged = target?.of === 'value' ? lathe?.median : ratio;
  const reached = target && judged !== undefined ? within(judged, target) : undefined;
  return { metric, label, unit, digits, target, lathe, best, peers, ratio, reached };
}

const within = (value, { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY }) =>
  value >= atLeast && value <= atMost;
