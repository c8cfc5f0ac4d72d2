/**
 * Makes README's pictures from the real application: opens it on an empty data folder, does the starter demo, and
 * photographs pages. usage: node scripts/screenshots.mjs [FOLDER]   (docs/screenshots unless named)
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from '@playwright/test';
import { root, setup } from './setup.mjs';
import { findChromium } from './test-machine.mjs';

setup();
const folder = resolve(process.argv[2] ?? join(root, 'docs', 'screenshots'));
mkdirSync(folder, { recursive: true });
const home = mkdtempSync(join(tmpdir(), 'lathe-pictures-'));
const server = spawn(process.execPath, [join(root, 'bin/lathe.mjs'), 'serve', '--json', '--port', '0'], {
  env: { ...process.env, LATHE_HOME: home },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const line = await new Promise((resolve) => createInterface({ input: server.stdout }).once('line', resolve));
const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox'] });
const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1 });
page.setDefaultTimeout(30_000);
await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });

const goTo = async (name) => {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name, exact: true }).click();
  await page.getByRole('main').getByRole('heading').first().waitFor();
};
async function picture(name) {
  await page.mouse.move(0, 0);
  await page.waitForLoadState('networkidle');
  for (const theme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await page.screenshot({ path: join(folder, `${name}-${theme}.png`), animations: 'disabled' });
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
}

try {
  await page.goto(JSON.parse(line).url);
  await page.getByText('Engine ready').waitFor();
  await page.getByRole('button', { name: 'Run the starter demo' }).click();
  await page.waitForURL(/#\/jobs\//);
  await page.getByRole('region', { name: 'Loss', exact: true }).waitFor({ timeout: 120_000 });
  await page
    .getByText(/^(1\d|2\d) of/)
    .first()
    .waitFor({ timeout: 120_000 })
    .catch(() => undefined);
  await picture('job');
  await page.getByRole('main').getByText('Done', { exact: true }).first().waitFor({ timeout: 900_000 });
  await picture('result');
  for (const name of ['Home', 'Models', 'Compare', 'Playground']) {
    await goTo(name);
    await picture(name.toLowerCase());
  }
  await goTo('Quantize');
  await page.getByRole('radio').first().check();
  await page.getByRole('button', { name: 'Next', exact: true }).click();
  await page.getByRole('button', { name: 'Next', exact: true }).click();
  await page.getByRole('radio', { name: /^Balanced/ }).waitFor();
  await picture('wizard');
} finally {
  await browser.close();
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  await ended;
  rmSync(home, { recursive: true, force: true });
}
console.log(folder);
