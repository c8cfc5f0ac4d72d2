/**
 * A linear head on a frozen encoder, or everything trained, by Lathe as `lathe transfer` does it: nothing is cached before.
 * usage: node lathe-transfer.mjs MODEL TRAIN TEST head|full THREADS EPOCHS ROWS TOKENS
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const app = resolve(import.meta.dirname, '../../../dist');
const [{ transfer }, { transferSchema }] = await Promise.all([
  import(join(app, 'techniques/transfer/transfer.js')),
  import(join(app, 'techniques/transfer/schema.js')),
]);

/** Beginnings of a head whose accuracies are averaged. */
const SEEDS = 5;
const [folder, all, evaluation, method, threads, epochs, rows, tokens] = process.argv.slice(2);
const work = mkdtempSync(join(tmpdir(), 'lathe-bench-'));
try {
  const options = transferSchema.parse({
    method,
    epochs: Number(epochs),
    maxLength: Number(tokens),
    ...(method === 'full' ? { headEpochs: 3 } : {}),
  });
  const file = join(work, 'train.jsonl');
  writeFileSync(file, readFileSync(all, 'utf8').split('\n').slice(0, Number(rows)).join('\n'));
  const data = { file, columns: { text: 'text', label: 'label' }, evaluation };
  const context = { threads: Number(threads), cacheFolder: join(work, 'cache') };
  const result = await transfer(resolve(folder), data, join(work, 'out'), options, context);
  const accuracies = [result.accuracy];
  // What was timed is over; heads from other beginnings say how accurate one is apart from chance.
  for (let seed = 1; method === 'head' && seed < SEEDS; seed++) {
    const other = await transfer(resolve(folder), data, join(work, `out-${seed}`), { ...options, seed }, context);
    accuracies.push(other.accuracy);
  }
  const epochSeconds = result.epochs.map(({ seconds }) => seconds);
  console.log(
    JSON.stringify({
      accuracy: (100 * accuracies.reduce((a, b) => a + b)) / accuracies.length,
      macroF1: 100 * result.macroF1,
      // The encoder over all texts, once, and the epochs.
      totalSeconds: epochSeconds.reduce((a, b) => a + b, result.cache.seconds),
      epochSeconds: epochSeconds.at(-1),
      losses: result.epochs.map(({ loss }) => loss),
      settings: `batch 16, at most ${tokens} tokens, ${threads} threads`,
    }),
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.exit();
