/**
 * The same texts, one by one and in turns, through an adaptive classifier, its whole model, its best fixed layer, and itself
 * with every layer run. usage: node lathe-exits.mjs FOLDER DATA THREADS
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const app = resolve(import.meta.dirname, '../../../dist');
const [
  { openAdaptive },
  graphs,
  { timeInTurns, speedupOf },
  { encodeTexts },
  { loadTokenizer },
  { splitLabelled },
  { adaptSchema },
] = await Promise.all([
  import(join(app, 'techniques/adaptive/open-adaptive.js')),
  import(join(app, 'techniques/adaptive/exit-graphs.js')),
  import(join(app, 'techniques/adaptive/measure-exits.js')),
  import(join(app, 'models/encode-texts.js')),
  import(join(app, 'models/tokenizer.js')),
  import(join(app, 'techniques/adaptive/labelled-split.js')),
  import(join(app, 'techniques/adaptive/schema.js')),
]);
const TEXTS = 60;
const [folder, data, threads] = process.argv.slice(2);
const { flat, rule, thresholds, exits, bestFixed } = await openAdaptive(resolve(folder));
const rows = readFileSync(data, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
// Those that `lathe adapt` held out, by its own settings: on what it learnt from it is surer, and so faster.
const { options } = JSON.parse(readFileSync(join(folder, 'lathe.json'), 'utf8')).steps.at(-1);
const { test } = splitLabelled(rows, adaptSchema.parse(options));
const step = Math.max(1, Math.floor(test.length / TEXTS));
const texts = test
  .filter((_, i) => i % step === 0)
  .slice(0, TEXTS)
  .map(({ text }) => text);
const ids = encodeTexts(await loadTokenizer(resolve(folder)), texts, options.maxLength);
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
