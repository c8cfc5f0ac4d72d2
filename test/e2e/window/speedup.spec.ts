/** Speed up, clicked through to its result: what was tried, by how much the best is better and how sure that is. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './lathe-test.ts';
import { expectNoViolations } from './no-violations.ts';
import { ROOT } from './open-lathe.ts';
import {
  choose,
  engineReady,
  finishJob,
  getStarter,
  goTo,
  press,
  setAdvanced,
  settled,
  startJob,
} from './page-steps.ts';

const SHOTS = join(ROOT, '.cache', 'screenshots');

test('ways of running are compared, and the result says how sure it is', async ({ lathe, carrier }) => {
  test.setTimeout(240_000);
  mkdirSync(SHOTS, { recursive: true });
  const { page } = lathe;
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await engineReady(page);
  await getStarter(page);
  await goTo(page, 'Speed up');
  await choose(page, /^starter\b/);
  await press(page, 'Next');
  await choose(page, /^Everything/);
  await setAdvanced(page, 'Time for trying', '25');
  await press(page, 'Next');
  await expect(page.getByRole('region', { name: 'Recipe as YAML' })).toContainText('optimize');
  await startJob(page);
  await finishJob(page);
  await expect(page.getByRole('region', { name: 'Before and after' })).toContainText('as it is');
  await expect(page.getByRole('region', { name: 'Before and after' })).toContainText(
    /95% sure|no other way seemed better/,
  );
  await expect(page.getByRole('region', { name: 'What was tried' })).toContainText('1 thread');
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await settled(page);
    await expectNoViolations(page, `result of Speed up, ${theme}`);
    await page.screenshot({ path: join(SHOTS, `${carrier}-speed-up-result-${theme}.png`), fullPage: true });
  }
});
