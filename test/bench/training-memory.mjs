/**
 * Measures the memory peaks of short trainings on running text over a grid of settings, each in a process of its own, for the
 * fixture that the memory estimate is tested against.
 * usage: node training-memory.mjs TEXT OUT.json NAME=MODEL... (in a built checkout)
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { modelShape } from '../../dist/recipes/estimates/shape.js';

const lathe = resolve(import.meta.dirname, '../../bin/lathe.mjs');
const [text, out, ...models] = process.argv.slice(2);
const GRID = [
  { method: 'lora', batchSize: 1, maxLength: 256 },
  { method: 'lora', batchSize: 4, maxLength: 256 },
  { method: 'lora', batchSize: 2, maxLength: 512 },
  { method: 'lora', batchSize: 4, maxLength: 512, checkpointing: true },
  { method: 'lora', batchSize: 4, maxLength: 256, rank: 64 },
  { method: 'full', batchSize: 1, maxLength: 256 },
  { method: 'full', batchSize: 4, maxLength: 256 },
  { method: 'full', batchSize: 2, maxLength: 512, optimizer: 'adafactor' },
  { method: 'full', batchSize: 2, maxLength: 256, accumulate: 2 },
  { method: 'full', batchSize: 4, maxLength: 512, checkpointing: true },
];
const FIXED = '--steps 2 --eval-steps 0 --held-out 0 --no-measure --no-fit --json --threads 2'.split(' ');

const kebab = (key) => key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
const flagsOf = (options) =>
  Object.entries(options).flatMap(([key, value]) => [`--${kebab(key)}`, ...(value === true ? [] : [String(value)])]);

const work = mkdtempSync(join(tmpdir(), 'lathe-memory-'));
const { platform, arch, version } = process;
const machine = `${cpus()[0].model}, ${cpus().length} cores, ${platform} ${arch}, Node ${version}`;
const document = { machine, shapes: {}, runs: [] };
try {
  for (const entry of models) {
    const [name, model] = entry.split('=');
    document.shapes[name] = await modelShape(model);
    for (const options of GRID) {
      const args = ['finetune', model, '--data', text, '--out', join(work, 'out'), ...flagsOf(options), ...FIXED];
      const printed = execFileSync(process.execPath, [lathe, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
      const { peakMemoryBytes } = JSON.parse(printed);
      document.runs.push({ model: name, options, peakMemoryBytes });
      process.stderr.write(`${name} ${JSON.stringify(options)} ${(peakMemoryBytes / 1e6).toFixed(0)} MB\n`);
      writeFileSync(out, `${JSON.stringify(document, undefined, 2)}\n`);
    }
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
