/** Draws resources/icons/*.png from icon.svg with Chromium: the sizes that the packager and the window need. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { root } from './setup.mjs';
import { findChromium } from './test-machine.mjs';

const folder = join(root, 'resources', 'icons');
const svg = readFileSync(join(folder, 'icon.svg'), 'utf8');
const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox'] });
for (const size of [256, 1024]) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<style>body{margin:0}svg{display:block;width:100vw;height:100vh}</style>${svg}`);
  await page.screenshot({ path: join(folder, `icon-${size}.png`), omitBackground: true });
  await page.close();
}
await browser.close();
