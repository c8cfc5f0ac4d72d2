/** Thousands of models and a million points of metrics: the page shows few at a time and every one is in reach. */
import { mkdirSync } from 'node:fs';
import { cp, link, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Store } from '../../../app/store/index.ts';
import { makeTinyModel } from '../../models/tiny-model.ts';
import { expect, test } from './lathe-test.ts';
import { engineReady, goTo } from './page-steps.ts';

test.skip(({ carrier }) => carrier !== 'chromium', 'one carrier is enough');

const MODELS = 10_000;
const STEPS = 250_000;

test.describe('ten thousand models', () => {
  test.use({
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names out of the pattern
    prepare: async ({}, use) =>
      use(async (home) => {
        const folder = join(home, 'models');
        mkdirSync(folder);
        const first = await makeTinyModel(folder, 'llama');
        const files = await readdir(first);
        for (let i = 1; i < MODELS; i++) {
          const copy = join(folder, `version-${String(i).padStart(5, '0')}`);
          await mkdir(copy);
          // What a model's folder says of itself is its own; its large files are shared.
          for (const name of files) await (name === 'lathe.json' ? cp : link)(join(first, name), join(copy, name));
        }
      }),
  });

  test('are listed, found and opened', async ({ lathe }) => {
    test.setTimeout(600_000);
    const { page } = lathe;
    await engineReady(page);
    await goTo(page, 'Models');
    await expect(page.getByText(`${MODELS.toLocaleString('en')} versions`)).toBeVisible({ timeout: 400_000 });
    const table = page.getByRole('table', { name: 'Models' });
    await expect(table).toHaveAttribute('aria-rowcount', String(MODELS + 1));
    expect(await table.getByRole('row').count()).toBeLessThan(200);
    await table.getByRole('row').nth(1).press('End');
    await expect(table.getByRole('row').last()).toBeVisible();
    expect(await table.getByRole('row').count()).toBeLessThan(200);
    await page.getByRole('textbox', { name: 'Filter models' }).fill('version-07777');
    await expect(page.getByText('1 version', { exact: false }).first()).toBeVisible();
    await table.getByText('version-07777').dblclick();
    await expect(page.getByRole('heading', { name: 'version-07777', level: 1 })).toBeVisible();
    await goTo(page, 'Quantize');
    await expect(page.getByRole('radio').first()).toBeVisible();
    expect(await page.getByRole('radio').count()).toBeLessThan(600);
    await page.getByRole('textbox', { name: 'Filter models' }).fill('version-09876');
    await page.getByRole('radio', { name: /^version-09876/ }).check();
    for (const name of ['Compare', 'Home', 'Playground']) await goTo(page, name);
  });
});

test.describe('a million points of metrics', () => {
  test.use({
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names out of the pattern
    prepare: async ({}, use) =>
      use(async (home) => {
        const store = new Store(join(home, 'lathe.db'));
        store.jobs.add({
          id: 'long',
          title: 'Fine-tune for a week',
          task: { kind: 'recipe', yaml: '', name: 'long', model: 'gone', steps: [], prompts: [], named: true },
          steps: [{ name: 'finetune', state: 'done', options: {} }],
          state: 'cancelled',
          step: 0,
          resume: false,
          workedSeconds: 600_000,
          place: 0,
          createdAt: 1,
          finishedAt: 2,
        });
        for (let from = 1; from <= STEPS; from += 10_000) {
          const points = Array.from({ length: 10_000 }, (_, i) => ({
            step: from + i,
            values: {
              loss: from + i === 123_456 ? 99 : 1 + 3 / (1 + (from + i) / 1e4),
              learningRate: 1e-4,
              gradientNorm: 1,
              tokensPerSecond: 2000,
            },
          }));
          store.metrics.add('long', points);
        }
        store.close();
      }),
  });

  test('are drawn, and the one peak among them is seen', async ({ lathe }) => {
    test.setTimeout(180_000);
    const { page } = lathe;
    await engineReady(page);
    await page.evaluate(() => {
      location.hash = '#/jobs/long';
    });
    const loss = page.getByRole('region', { name: 'Loss', exact: true });
    await expect(loss).toContainText(/train 1\.\d/, { timeout: 60_000 });
    // The axis reaches up to the peak, which a plain sample of the points would have missed.
    await expect(loss.getByText('100', { exact: true })).toBeVisible();
    await expect(page.getByRole('region', { name: 'Gradient norm' })).toBeVisible();
    expect(await page.evaluate(() => document.querySelectorAll('*').length)).toBeLessThan(5000);
    await page.getByText('Log', { exact: true }).first().click();
    await expect(loss.getByText('90', { exact: true })).toBeVisible();
  });
});
