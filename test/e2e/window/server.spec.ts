/** The server is started, called, watched and stopped from the window. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './lathe-test.ts';
import { expectNoViolations } from './no-violations.ts';
import { ROOT } from './open-lathe.ts';
import { engineReady, getStarter, goTo } from './page-steps.ts';

const SHOTS = join(ROOT, '.cache', 'screenshots');

test('serves a model, shows its load and stops', async ({ lathe: { page } }) => {
  test.setTimeout(180_000);
  mkdirSync(SHOTS, { recursive: true });
  await engineReady(page);
  await getStarter(page);
  await goTo(page, 'Server');
  await page.getByLabel('Port').fill('0');
  await page.getByLabel('Key').first().fill('secret');
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await expectNoViolations(page, `the server in the ${colorScheme} theme`);
    await page.screenshot({ path: join(SHOTS, `server-start-${colorScheme}.png`) });
  }
  await page.getByRole('button', { name: 'Start' }).click();
  const address = page.locator('dd code').first();
  await expect(address).toContainText('/v1', { timeout: 60_000 });
  const base = (await address.textContent()) ?? '';
  const ask = (key: string) =>
    fetch(`${base}/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ model: 'starter', prompt: 'The whale', max_tokens: 60, temperature: 0 }),
    });
  expect((await ask('wrong')).status).toBe(401);
  const answers = await Promise.all([ask('secret'), ask('secret'), ask('secret')]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  await expect(page.getByText(/^Tokens generated$/).locator('xpath=following-sibling::dd')).toHaveText(/^1\d\d$/);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await expectNoViolations(page, `the server in the ${colorScheme} theme`);
    await page.screenshot({ path: join(SHOTS, `server-running-${colorScheme}.png`) });
  }
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByRole('button', { name: 'Start' })).toBeVisible();
  await expect(ask('secret')).rejects.toThrow();
});
