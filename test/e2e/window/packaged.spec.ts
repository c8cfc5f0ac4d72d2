/** The packaged application, as `npm run package -- --dir` leaves it: started, and made to do a piece of the main job. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { chromium } from '@playwright/test';
import { expect, test } from './lathe-test.ts';
import { environment, ROOT } from './open-lathe.ts';
import {
  addDataset,
  choose,
  engineReady,
  finishJob,
  getStarter,
  goTo,
  plantsFile,
  press,
  startJob,
} from './page-steps.ts';
import { descendants, isAlive } from './processes.ts';

/** What stands in the fuse wire: the characters 0 and 1. */
const [OFF, ON] = [48, 49];
const BINARY = join(ROOT, 'out', 'linux-unpacked', 'lathe');

test.skip(!existsSync(BINARY), 'nothing is packaged: npm run package -- --dir');
test.skip(({ carrier }) => carrier !== 'electron', 'one carrier is enough');

/** Its fuses keep Node's inspector shut: it is driven through Chromium's own debugging pipe instead. */
async function start(home: string): Promise<{ child: ChildProcess; address: string }> {
  const { LATHE_NODE: _node, ...env } = environment(home);
  const child = spawn(BINARY, ['--no-sandbox', '--remote-debugging-port=0'], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const address = await new Promise<string>((resolve, reject) => {
    child.once('exit', (status) => reject(new Error(`it ended with status ${status}`)));
    if (!child.stderr) return;
    createInterface({ input: child.stderr }).on('line', (line) => {
      const found = /DevTools listening on (ws:\S+)/.exec(line);
      if (found) resolve(found[1]);
    });
  });
  return { child, address };
}

test('its fuses are set', async () => {
  const wire = await getCurrentFuseWire(BINARY);
  expect(wire[FuseV1Options.RunAsNode]).toBe(OFF);
  expect(wire[FuseV1Options.EnableNodeOptionsEnvironmentVariable]).toBe(OFF);
  expect(wire[FuseV1Options.EnableNodeCliInspectArguments]).toBe(OFF);
  expect(wire[FuseV1Options.EnableCookieEncryption]).toBe(ON);
  expect(wire[FuseV1Options.OnlyLoadAppFromAsar]).toBe(ON);
});

test('it opens, measures a model and ends whole', async ({ home }) => {
  test.setTimeout(240_000);
  const { child, address } = await start(home);
  const browser = await chromium.connectOverCDP(address, { noDefaults: true });
  try {
    const [context] = browser.contexts();
    const page = context.pages()[0] ?? (await context.waitForEvent('page'));
    await engineReady(page);
    const running = descendants(child.pid ?? 0);
    const engine = running.find(({ command }) => command.includes('engine/dist/server/engine.js'));
    expect(engine?.command).toContain(join(ROOT, 'out/linux-unpacked/resources/node/bin/node'));
    await addDataset(page, plantsFile(home, 64), /64 chats/);
    await getStarter(page);
    await goTo(page, 'Profile');
    await choose(page, /^starter\b/);
    await press(page, 'Next');
    await choose(page, /^Quick/);
    await press(page, 'Next');
    await startJob(page);
    await finishJob(page);
    await expect(page.getByRole('region', { name: 'Speed by context' })).toContainText('Decode');
    child.kill('SIGTERM');
    await expect.poll(() => running.filter(({ pid }) => isAlive(pid)), { timeout: 30_000 }).toEqual([]);
  } finally {
    await browser.close();
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (child.kill('SIGKILL')) await ended;
  }
});
