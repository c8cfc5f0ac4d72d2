/**
 * Measures how smoothly the page runs while a job streams its metrics: frames, long tasks, and how busy the page's main
 * thread is. usage: node scripts/measure-frames.mjs [SECONDS]   (15)
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from '@playwright/test';
import { root, setup } from './setup.mjs';
import { findChromium } from './test-machine.mjs';

setup();
const seconds = Number(process.argv[2] ?? 15);
const home = mkdtempSync(join(tmpdir(), 'lathe-frames-'));
const server = spawn(process.execPath, [join(root, 'bin/lathe.mjs'), 'serve', '--json', '--port', '0'], {
  env: { ...process.env, LATHE_HOME: home, HF_HUB_OFFLINE: '1' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const line = await new Promise((resolve) => createInterface({ input: server.stdout }).once('line', resolve));
const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox'] });
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
page.setDefaultTimeout(60_000);

/** Steps as small as they get, so that points come as fast as they can: some tens a second. */
const recipe = (data) => `name: stream
model: starter
dataset: ${data}
steps:
  - finetune:
      steps: 20000
      batchSize: 1
      maxLength: 32
      measure: false
`;

async function frames() {
  const devtools = await page.context().newCDPSession(page);
  // Of the processor's time, which other programs on a busy machine do not stretch.
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const busy = async () => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration').value;
  };
  const before = await busy();
  const { deltas, tasks } = await page.evaluate(
    (milliseconds) =>
      new Promise((resolve) => {
        const tasks = [];
        const observer = new PerformanceObserver((list) => {
          for (const { duration } of list.getEntries()) tasks.push(duration);
        });
        observer.observe({ entryTypes: ['longtask'] });
        const deltas = [];
        const begun = performance.now();
        let last = begun;
        requestAnimationFrame(function next(now) {
          deltas.push(now - last);
          last = now;
          if (now - begun < milliseconds) requestAnimationFrame(next);
          else resolve({ deltas: deltas.slice(1), tasks });
        });
      }),
    seconds * 1000,
  );
  const sorted = deltas.sort((a, b) => a - b);
  const at = (share) => Number(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(1));
  return {
    framesPerSecond: Number(((1000 * sorted.length) / sorted.reduce((a, b) => a + b, 0)).toFixed(1)),
    frameMs: { median: at(0.5), p95: at(0.95), p99: at(0.99), most: at(1) },
    longTasks: tasks.length,
    longestTaskMs: Math.round(Math.max(0, ...tasks)),
    mainThreadBusy: Number((((await busy()) - before) / seconds).toFixed(3)),
  };
}

try {
  await page.goto(JSON.parse(line).url);
  await page.getByText('Engine ready').waitFor();
  await page.getByText('This machine').waitFor();
  await page.waitForTimeout(2000);
  const idle = await frames();
  await page.getByRole('link', { name: 'Fine-tune', exact: true }).click();
  await page.getByRole('button', { name: 'Get the starter model' }).click();
  await page.getByRole('radio', { name: /^starter/ }).waitFor();
  const data = join(home, 'plants.jsonl');
  writeFileSync(data, readFileSync(join(root, 'resources/data/plants-train.jsonl')));
  const file = join(home, 'stream.yaml');
  writeFileSync(file, recipe(data));
  const devtools = await page.context().newCDPSession(page);
  const drag = { items: [], files: [file], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'])
    await devtools.send('Input.dispatchDragEvent', { type, x: 600, y: 400, data: drag });
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.waitForURL(/#\/jobs\//);
  await page.getByRole('region', { name: 'Loss', exact: true }).waitFor({ timeout: 120_000 });
  await page.waitForTimeout(5000);
  const steps = () => page.getByRole('group', { name: 'Progress' }).textContent();
  const stepAt = async () => Number(/([\d,]+) of/.exec((await steps()) ?? '')?.[1].replaceAll(',', ''));
  const from = await stepAt();
  const profiling = process.env.LATHE_PROFILE && (await page.context().newCDPSession(page));
  if (profiling) {
    await profiling.send('Profiler.enable');
    await profiling.send('Profiler.start');
  }
  const streaming = await frames();
  if (profiling)
    writeFileSync(process.env.LATHE_PROFILE, JSON.stringify((await profiling.send('Profiler.stop')).profile));
  const pointsPerSecond = Number((((await stepAt()) - from) / seconds).toFixed(1));
  console.log(JSON.stringify({ idle, pointsPerSecond, streaming }, null, 2));
} finally {
  await browser.close();
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  await ended;
  rmSync(home, { recursive: true, force: true });
}
