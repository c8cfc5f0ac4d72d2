/**
 * The same texts, one by one and in turns, through an adaptive classifier, its whole model, its best fixed layer, and itself
 * with every layer run. usage: node lathe-exits.mjs FOLDER DATA THREADS
 */
import { join, resolve } from 'node:path';
import { heldOutTexts } from './held-out-texts.mjs';

const app = resolve(import.meta.dirname, '../../../dist');
const [{ openAdaptive }, graphs, { timeInTurns, speedupOf }] = await Promise.all([
  import(join(app, 'techniques/adaptive/open-adaptive.js')),
  import(join(app, 'techniques/adaptive/exit-graphs.js')),
  import(join(app, 'techniques/adaptive/measure-exits.js')),
]);
const TEXTS = 60;
const [folder, data, threads] = process.argv.slice(2);
const { flat, rule, thresholds, exits, bestFixed } = await openAdaptive(resolve(folder));
const ids = await heldOutTexts(folder, data, TEXTS);
const times = await timeInTurns(
  {
    full: graphs.fixedExit(flat, flat.layers),
    adaptive: graphs.adaptiveGraph(flat, rule, thresholds, exits),
    fixed: graphs.fixedExit(flat, bestFixed),
    never: graphs.adaptiveGraph(
      flat,
      rule,
      thresholds.map(() => 1),
      exits,
    ),
  },
  ids,
  { threads: Number(threads) },
);
console.log(
  JSON.stringify({
    speedup: speedupOf(times.full, times.adaptive).speedup,
    overFixed: speedupOf(times.fixed, times.adaptive).speedup,
    overhead: 100 * (speedupOf(times.never, times.full).speedup - 1),
    milliseconds: Object.fromEntries(Object.entries(times).map(([name, { milliseconds }]) => [name, milliseconds])),
  }),
);
