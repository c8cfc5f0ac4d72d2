/** `test` with the application opened fresh for each test: `lathe.page` is the same page, whichever carrier is meant. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base } from '@playwright/test';
import { type OpenLathe, openInChromium, openInElectron, type Variables } from './open-lathe.ts';
import { descendants, isAlive } from './processes.ts';

export { expect } from '@playwright/test';

export interface CarrierOption {
  carrier: 'electron' | 'chromium';
}

export interface Lathe extends OpenLathe {
  readonly home: string;
  /** Closes it and opens it again on the same data folder. */
  reopen(): Promise<void>;
}

export const open = (carrier: CarrierOption['carrier'], home: string, more?: Variables): Promise<OpenLathe> =>
  carrier === 'electron' ? openInElectron(home, more) : openInChromium(home, more);

/** Ends what a failed test left, so that it cannot disturb the next one. */
function endAll(pid: number): void {
  for (const one of [...descendants(pid).map((child) => child.pid), pid])
    if (isAlive(one)) {
      try {
        process.kill(one, 'SIGKILL');
      } catch {
        // It ended by itself in between.
      }
    }
}

interface Fixtures {
  home: string;
  /** Puts things into the data folder before the application opens on it. */
  prepare: (home: string) => Promise<void>;
  /** Environment variables over the usual ones. */
  variables: (home: string) => Variables;
  lathe: Lathe;
}

export const test = base.extend<CarrierOption & Fixtures>({
  carrier: ['chromium', { option: true }],
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names out of the pattern
  prepare: async ({}, use) => use(async () => undefined),
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names out of the pattern
  variables: async ({}, use) => use(() => ({})),
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names out of the pattern
  home: async ({}, use) => {
    const home = mkdtempSync(join(tmpdir(), 'lathe-window-'));
    await use(home);
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  },
  lathe: async ({ carrier, home, prepare, variables }, use) => {
    await prepare(home);
    let current = await open(carrier, home, variables(home));
    const faults: string[] = [];
    const listen = () => current.page.on('pageerror', (error) => faults.push(error.stack ?? error.message));
    listen();
    const lathe: Lathe = {
      home,
      get page() {
        return current.page;
      },
      get pid() {
        return current.pid;
      },
      get application() {
        return current.application;
      },
      resize: (width, height) => current.resize(width, height),
      close: () => current.close(),
      reopen: async () => {
        await current.close();
        current = await open(carrier, home, variables(home));
        listen();
      },
    };
    await use(lathe);
    await Promise.race([current.close(), new Promise((resolve) => setTimeout(resolve, 30_000))]);
    endAll(current.pid);
    base.expect(faults, 'errors thrown in the page').toEqual([]);
  },
});
