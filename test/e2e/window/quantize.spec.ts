/** Quantizing from the window: a size by slider, layers measured and given bits of their own, the estimate following both; what came of it. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './lathe-test.ts';
import { expectNoViolations } from './no-violations.ts';
import { ROOT } from './open-lathe.ts';
import { engineReady, getStarter, goTo, press } from './page-steps.ts';

const SHOTS = join(ROOT, '.cache', 'screenshots');

test('fits a size, measures layers and protects those that need it', async ({ lathe: { page } }) => {
  test.setTimeout(300_000);
  mkdirSync(SHOTS, { recursive: true });
  const look = async (what: string) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await expectNoViolations(page, `${what} in the ${colorScheme} theme`);
      await page.screenshot({ path: join(SHOTS, `quantize-${what}-${colorScheme}.png`) });
    }
  };
  await engineReady(page);
  await getStarter(page);
  await goTo(page, 'Quantize');
  await page.getByRole('radio', { name: /^starter\b/ }).check();
  await press(page, 'Next');
  await press(page, 'Next');

  // The estimate follows the slider.
  const panel = page.getByRole('region', { name: 'On this machine' });
  const result = () => panel.getByText(/^Result/).locator('xpath=..');
  const card = page.getByRole('region', { name: 'Fit a size' });
  await card.getByText('Off').waitFor();
  await card.getByRole('switch').check({ force: true });
  const before = await result().textContent();
  const thumb = card.getByRole('slider');
  await thumb.focus();
  for (let i = 0; i < 20; i++) await thumb.press('ArrowRight');
  await expect.poll(() => result().textContent()).not.toBe(before);
  await look('budget');
  await card.getByRole('switch').uncheck({ force: true });

  await page.getByRole('radio', { name: /^Smallest/ }).check();
  await press(page, 'Next');
  await press(page, 'Measure sensitivity');
  const table = page.getByRole('table', { name: 'Sensitivity of the layers' });
  await expect(table).toBeVisible({ timeout: 60_000 });
  const uniform = await result().textContent();
  await press(page, 'Protect the most sensitive');
  await page.getByLabel('Bits of layer 1', { exact: true }).selectOption('3');
  await expect.poll(() => result().textContent()).not.toBe(uniform);
  await look('layers');

  // A size again: what the job chose and measured is on its page.
  await press(page, 'Back');
  await card.getByRole('switch').check({ force: true });
  await press(page, 'Next');
  await press(page, 'Next');
  await press(page, 'Start');
  const chosen = page.getByRole('table', { name: 'Bits by layer' });
  await expect(chosen).toBeVisible({ timeout: 120_000 });
  await expect(chosen.getByRole('row')).toHaveCount(1 + 1 + 8);
  await chosen.scrollIntoViewIfNeeded();
  await look('bits');
});
