/**
 * The same texts, one by one and in turns, through an adaptive classifier, its whole model, its best fixed layer, and itself
 * with every layer run; all of them opened several times. usage: node lathe-exits.mjs FOLDER DATA THREADS
 */
import { join, resolve } from 'node:path';
import { heldOutTexts } from './held-out-texts.mjs';

const app = resolve(import.meta.dirname, '../../../dist');
const [{ openAdaptive }, graphs, { timeInTurns, speedupOf }, { median }] = await Promise.all([
  import(join(app, 'techniques/adaptive/open-adaptive.js')),
  import(join(app, 'techniques/adaptive/exit-graphs.js')),
  import(join(app, 'techniques/adaptive/measure-exits.js')),
  import(join(app, 'evaluate/statistics.js')),
]);
const TEXTS = 60;
const [folder, data, threads] = process.argv.slice(2);
const { flat, rule, thresholds, exits, bestFixed } = await openAdaptive(resolve(folder));
const ids = await heldOutTexts(folder, data, TEXTS);
const never = thresholds.map(() => 1);
const ways = [
  ['full', graphs.fixedExit(flat, flat.layers)],
  ['adaptive', graphs.adaptiveGraph(flat, rule, thresholds, exits)],
  ['fixed', graphs.fixedExit(flat, bestFixed)],
  ['never', graphs.adaptiveGraph(flat, rule, never, exits)],
];
// Two sessions of one graph differ by up to a tenth, for as long as they are open: by where their weights happen to lie.
const OPENINGS = 6;
const openings = [];
for (let i = 0; i < OPENINGS; i++) {
  const turned = [...ways.slice(i % ways.length), ...ways.slice(0, i % ways.length)];
  const some = ids.filter((_, text) => text % 2 === i % 2);
  openings.push(await timeInTurns(Object.fromEntries(turned), some, { threads: Number(threads) }));
}
const ratio = (slow, fast) => median(openings.map((times) => speedupOf(times[slow], times[fast]).speedup));
console.log(
  JSON.stringify({
    speedup: ratio('full', 'adaptive'),
    overFixed: ratio('fixed', 'adaptive'),
    overhead: 100 * (ratio('never', 'full') - 1),
    milliseconds: Object.fromEntries(
      ways.map(([name]) => [name, median(openings.map((times) => times[name].milliseconds))]),
    ),
  }),
);
