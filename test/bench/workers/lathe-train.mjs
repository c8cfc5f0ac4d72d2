/**
 * One training run of Lathe for the benchmark, timed step by step, the first two steps left out. Two packed rows of 256 hold
 * as many of the chats as the peer's batch, 4 on average.
 * usage: node lathe-train.mjs MODEL DATA lora|full THREADS STEPS [ROWS] [LENGTH]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const app = resolve(import.meta.dirname, '../../../dist');
const [{ openModel }, { loadTrainingData }, { finetune }, { finetuneSchema }] = await Promise.all([
  import(join(app, 'models/model.js')),
  import(join(app, 'cli/training-data.js')),
  import(join(app, 'techniques/finetune/finetune.js')),
  import(join(app, 'techniques/finetune/schema.js')),
]);

const WARM_UP = 2;
const [folder, file, method, threads, steps, rows = '2', length = '256'] = process.argv.slice(2);
const options = finetuneSchema.parse({
  method,
  steps: Number(steps),
  batchSize: Number(rows),
  maxLength: Number(length),
  schedule: 'constant',
  weightDecay: 0,
  maxGradNorm: 0,
});
const work = mkdtempSync(join(tmpdir(), 'lathe-bench-'));
try {
  const model = await openModel(resolve(folder));
  const silent = { say: () => undefined, signal: new AbortController().signal };
  const { data } = await loadTrainingData(model.folder, file, { ...options, heldOut: 0 }, silent);
  const timed = { wall: 0, cpu: 0, tokens: 0, supervised: 0, losses: [] };
  let wall = 0;
  let cpu = process.cpuUsage();
  const onStep = ({ step, loss, tokens, supervised }) => {
    const now = performance.now();
    const used = process.cpuUsage(cpu);
    if (step > WARM_UP) {
      timed.wall += (now - wall) / 1000;
      timed.cpu += (used.user + used.system) / 1e6;
      timed.tokens += tokens;
      timed.supervised += supervised;
    }
    timed.losses.push(loss);
    wall = now;
    cpu = process.cpuUsage();
  };
  await finetune(model, data, join(work, 'out'), options, { threads: Number(threads), onStep });
  console.log(
    JSON.stringify({
      tokensPerSecond: timed.tokens / timed.wall,
      supervisedTokensPerSecond: timed.supervised / timed.wall,
      tokensPerCpuSecond: timed.tokens / timed.cpu,
      supervisedTokensPerCpuSecond: timed.supervised / timed.cpu,
      secondsPerStep: timed.wall / (Number(steps) - WARM_UP),
      cpuSecondsPerStep: timed.cpu / (Number(steps) - WARM_UP),
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
      losses: timed.losses,
      settings: `${rows} packed rows of ${length} tokens, ${threads} threads`,
    }),
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.exit();
