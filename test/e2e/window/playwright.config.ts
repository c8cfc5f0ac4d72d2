/** Clicks through the built application: in Electron on a virtual display, and in Chromium through `lathe serve`. */
import { join } from 'node:path';
import { defineConfig } from '@playwright/test';
import type { CarrierOption } from './lathe-test.ts';

const cache = join(import.meta.dirname, '../../../.cache');

export default defineConfig<CarrierOption>({
  testDir: import.meta.dirname,
  outputDir: join(cache, 'window-tests'),
  globalSetup: join(import.meta.dirname, 'virtual-display.ts'),
  reporter: [['list'], ['json', { outputFile: join(cache, 'window-report.json') }]],
  // Two cores: jobs compute on them while the pages are clicked.
  workers: 1,
  timeout: 180_000,
  expect: { timeout: 20_000 },
  forbidOnly: true,
  // A shared machine can stand still for longer than any waiting here (45 s were seen): such a test is run once more,
  // and the report calls it flaky. One that is wrong fails twice.
  retries: 1,
  use: { actionTimeout: 20_000 },
  projects: [
    { name: 'electron', use: { carrier: 'electron' } },
    { name: 'chromium', use: { carrier: 'chromium' }, testIgnore: '**/window/shell/**' },
  ],
});
