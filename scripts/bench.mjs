/**
 * `npm run bench`: Lathe and other programs in turns on the same work, as ratios against the targets.
 * usage: npm run bench -- [train|transfer|decode|import|quality|ROW …] [--repeats 3] [--threads 2] [--steps 12] [--seed 0] [--json]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { peersFolder, RESULTS, ROOT } from '../test/bench/places.mjs';
import { ROWS } from '../test/bench/rows/index.mjs';
import { runRow } from '../test/bench/run.mjs';
import { tableOf } from '../test/bench/table.mjs';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    repeats: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    steps: { type: 'string', default: '12' },
    seed: { type: 'string', default: '0' },
    json: { type: 'boolean', default: false },
  },
});
const known = new Set(ROWS.flatMap(({ name, group }) => [name, group]));
const unknown = positionals.filter((word) => !known.has(word));
if (unknown.length > 0) {
  console.error(`There is no row ${unknown.join(', ')}. There are: ${[...known].join(', ')}.`);
  process.exit(1);
}
const chosen = ROWS.filter(
  ({ name, group }) => positionals.length === 0 || [name, group].some((w) => positionals.includes(w)),
);
const context = {
  peers: peersFolder(),
  root: ROOT,
  repeats: Number(flags.repeats),
  threads: Number(flags.threads),
  steps: Number(flags.steps),
  seed: Number(flags.seed),
  say: (text) => console.error(text),
};

const rows = [];
for (const row of chosen) {
  try {
    rows.push(await runRow(row, context));
  } catch (error) {
    rows.push({ name: row.name, group: row.group, title: row.title, failed: error.message });
    console.error(error.message);
  }
}
const [{ model: processor }, { length: cores }] = [cpus()[0], cpus()];
const document = {
  at: new Date().toISOString(),
  processor,
  cores,
  load: loadavg(),
  node: process.version,
  ...flags,
  rows,
};
mkdirSync(RESULTS, { recursive: true });
const file = join(RESULTS, `${document.at.replace(/[:.]/g, '-')}.json`);
writeFileSync(file, `${JSON.stringify(document, undefined, 1)}\n`);
if (flags.json) console.log(JSON.stringify(document));
else {
  console.log(tableOf(rows));
  const loads = rows.flatMap((row) => row.loads ?? []);
  console.log(
    `\n${processor}, ${cores} cores, ${context.threads} threads, Node ${process.version}, medians of ${context.repeats}.`,
  );
  if (loads.length > 0) {
    console.log(
      `Load average when the measurements began: ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}.`,
    );
  }
  console.log(`All samples: ${file}`);
}
if (rows.some((row) => row.missing)) {
  console.error(
    `\nThe programs to compare with are looked for in ${context.peers} (LATHE_PEERS names another folder).`,
  );
  console.error('Make it with: node scripts/bench-peers.mjs [FOLDER]');
}
process.exit(rows.some((row) => row.failed) ? 1 : 0);
