/** Every page in both themes and at two sizes: a screenshot to look at, and nothing serious for axe-core. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './lathe-test.ts';
import { expectNoViolations } from './no-violations.ts';
import { ROOT } from './open-lathe.ts';
import { addDataset, engineReady, getStarter, goTo, plantsFile, settled } from './page-steps.ts';

const PAGES = [
  ...[
    'Home',
    'Models',
    'Data sets',
    'Fine-tune',
    'Prune',
    'Quantize',
    'Profile',
    'Export',
    'Jobs',
    'Compare',
    'Playground',
  ],
  'Settings',
];
const SHOTS = join(ROOT, '.cache', 'screenshots');

for (const theme of ['light', 'dark'] as const)
  test(`no page has a serious fault in the ${theme} theme`, async ({ lathe, carrier }) => {
    test.setTimeout(180_000);
    const { page } = lathe;
    mkdirSync(SHOTS, { recursive: true });
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await engineReady(page);
    await addDataset(page, plantsFile(lathe.home, 64), /64 chats/);
    await getStarter(page);
    for (const name of PAGES) {
      await goTo(page, name);
      await settled(page);
      await expectNoViolations(page, `${name}, ${theme}`);
      for (const [width, height] of [
        [1280, 800],
        [1920, 1080],
      ]) {
        await lathe.resize(width, height);
        await expect.poll(() => page.evaluate(() => `${innerWidth}x${innerHeight}`)).toBe(`${width}x${height}`);
        const file = `${carrier}-${name.toLowerCase().replaceAll(' ', '-')}-${theme}-${width}x${height}.png`;
        await page.screenshot({ path: join(SHOTS, file) });
        const { scroll, visible } = await page.evaluate(() => ({
          scroll: document.documentElement.scrollWidth,
          visible: document.documentElement.clientWidth,
        }));
        expect(scroll, `${name} at ${width} pixels scrolls sideways`).toBeLessThanOrEqual(visible);
      }
    }
  });
