/**
 * Measures what a user feels: seconds from the start until the window shows its page and the engine is ready, and the
 * page's memory when idle. usage: node scripts/measure-start.mjs [RUNS]   (Linux: needs Xvfb)
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron } from '@playwright/test';
import { ensureTestElectron } from './electron-runtime.mjs';
import { root, setup } from './setup.mjs';

setup();
const runs = Number(process.argv[2] ?? 5);
const executablePath = ensureTestElectron();
const display = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1920x1200x24', '-nolisten', 'tcp'], {
  stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
});
const number = await new Promise((resolve) => display.stdio[3].once('data', (data) => resolve(String(data).trim())));
const home = mkdtempSync(join(tmpdir(), 'lathe-start-'));
const env = { ...process.env, DISPLAY: `:${number}`, LATHE_HOME: home, LATHE_NODE: process.execPath };
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
/** Resident bytes that no other process shares. */
const ownBytes = (pid) =>
  [...readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').matchAll(/^Private_\w+:\s+(\d+) kB/gm)].reduce(
    (sum, [, kilobytes]) => sum + Number(kilobytes) * 1024,
    0,
  );

const shown = [];
const usable = [];
const memory = [];
const heap = [];
for (let run = 0; run < runs; run++) {
  const start = performance.now();
  const application = await _electron.launch({ executablePath, args: [root], env });
  const page = await application.firstWindow();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  shown.push((performance.now() - start) / 1000);
  await page.getByText('Engine ready').waitFor();
  usable.push((performance.now() - start) / 1000);
  await page.getByText('This machine').waitFor();
  await page.waitForLoadState('networkidle');
  await page.waitForTimeout(3000);
  memory.push(
    ownBytes(
      await application.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0].webContents.getOSProcessId()),
    ),
  );
  heap.push(await page.evaluate(() => performance.memory.usedJSHeapSize));
  await application.close();
}
display.kill();
rmSync(home, { recursive: true, force: true });
console.log(
  JSON.stringify(
    {
      runs,
      secondsToWindow: Number(median(shown).toFixed(2)),
      secondsToUsable: Number(median(usable).toFixed(2)),
      fastestSecondsToUsable: Number(Math.min(...usable).toFixed(2)),
      idlePageMegabytes: Math.round(median(memory) / 1e6),
      idlePageHeapMegabytes: Math.round(median(heap) / 1e6),
    },
    null,
    2,
  ),
);
