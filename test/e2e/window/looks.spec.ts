/** Every page and every step of every wizard in both themes: nothing serious for axe-core, nothing scrolls sideways, a picture to look at. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, type Lathe, test } from './lathe-test.ts';
import { expectNoViolations } from './no-violations.ts';
import { ROOT } from './open-lathe.ts';
import { addDataset, choose, engineReady, getStarter, goTo, plantsFile, press, settled } from './page-steps.ts';

const SHOTS = join(ROOT, '.cache', 'screenshots');
const SIZES = [
  [1280, 800],
  [1920, 1080],
] as const;
const THEMES = ['light', 'dark'] as const;

const links = (page: Page, within: string): Promise<string[]> =>
  page
    .getByRole('navigation', { name: 'Main' })
    .locator(within)
    .getByRole('link')
    .allTextContents()
    // "Jobs" carries how many run.
    .then((names) => names.map((name) => name.replace(/\d+$/, '')));

async function look({ page, resize }: Lathe, what: string): Promise<void> {
  for (const [width, height] of SIZES) {
    await resize(width, height);
    await expect.poll(() => page.evaluate(() => `${innerWidth}x${innerHeight}`)).toBe(`${width}x${height}`);
    await page.screenshot({ path: join(SHOTS, `${what}-${width}x${height}.png`) });
    const { scroll, visible } = await page.evaluate(() => ({
      scroll: document.documentElement.scrollWidth,
      visible: document.documentElement.clientWidth,
    }));
    expect(scroll, `${what} at ${width} pixels scrolls sideways`).toBeLessThanOrEqual(visible);
  }
}

async function prepare(lathe: Lathe): Promise<void> {
  mkdirSync(SHOTS, { recursive: true });
  await lathe.page.emulateMedia({ reducedMotion: 'reduce' });
  await engineReady(lathe.page);
  await addDataset(lathe.page, plantsFile(lathe.home, 64), /64 chats/);
  await getStarter(lathe.page);
}

test('the sidebar names what there is', async ({ lathe: { page } }) => {
  await engineReady(page);
  const names = await links(page, 'ul');
  expect(names.slice(0, 3)).toEqual(['Home', 'Models', 'Data sets']);
  expect(names.slice(-5)).toEqual(['Jobs', 'Compare', 'Playground', 'Server', 'Settings']);
  expect(names).toEqual(expect.arrayContaining(['Fine-tune', 'Prune', 'Quantize', 'Profile', 'Export']));
});

for (const theme of THEMES)
  test(`no page has a serious fault in the ${theme} theme`, async ({ lathe, carrier }) => {
    test.setTimeout(300_000);
    const { page } = lathe;
    await prepare(lathe);
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    for (const name of await links(page, 'ul')) {
      await goTo(page, name);
      await settled(page);
      await expectNoViolations(page, `${name}, ${theme}`);
      await look(lathe, `${carrier}-${name.toLowerCase().replaceAll(' ', '-')}-${theme}`);
    }
  });

test('no step of a wizard has a serious fault in either theme', async ({ lathe, carrier }) => {
  test.setTimeout(600_000);
  const { page } = lathe;
  await prepare(lathe);
  for (const name of await links(page, 'div ul')) {
    await goTo(page, name);
    await choose(page, /^starter\b/);
    for (let step = 1; step < 8; step++) {
      await settled(page);
      const data = page.getByRole('radio', { name: /^plants\b/ }).first();
      if (await data.isVisible()) await data.check();
      const fold = page.getByRole('button', { name: /^Advanced/ });
      if ((await fold.count()) > 0 && (await fold.getAttribute('aria-expanded')) !== 'true') await fold.click();
      for (const theme of THEMES) {
        await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
        await expectNoViolations(page, `${name}, step ${step}, ${theme}`);
        await expect(page.getByText('engine/bad-request')).toHaveCount(0);
        await page.screenshot({ path: join(SHOTS, `${carrier}-${name.toLowerCase()}-step-${step}-${theme}.png`) });
      }
      const next = page.getByRole('button', { name: 'Next', exact: true });
      // The last step starts; a technique that this model or these data do not suit says so and goes no further.
      if ((await next.count()) === 0 || !(await next.isEnabled())) break;
      await press(page, 'Next');
    }
  }
});
