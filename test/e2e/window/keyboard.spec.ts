/** Without a mouse: the palette reaches the pages, a wizard is walked to its last step, a dialog closes by Escape. */
import { expect, test } from './lathe-test.ts';
import { addDataset, engineReady, getStarter, plantsFile } from './page-steps.ts';

test('a wizard from the palette to Start, by keys alone', async ({ lathe, home }) => {
  const { page } = lathe;
  await engineReady(page);
  await addDataset(page, plantsFile(home, 64), /64 chats/);
  await getStarter(page);

  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');
  /** Tabs on until what has the focus is named so. */
  const tabTo = async (name: string) => {
    for (let i = 0; i < 80 && (await focused()) !== name; i++) await press('Tab');
    expect(await focused()).toBe(name);
  };

  await press('Control+k');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.type('Quantize');
  await expect(page.getByRole('dialog').getByText('Quantize').first()).toBeVisible();
  await press('Enter');
  await expect(page.getByRole('heading', { name: 'Quantize', level: 1 })).toBeVisible();

  const model = page.getByRole('radio', { name: /^starter/ });
  await expect(model).toBeVisible();
  for (let i = 0; i < 60 && !(await model.evaluate((radio) => radio === document.activeElement)); i++)
    await press('Tab');
  await press('Space');
  await expect(model).toBeChecked();
  for (const step of ['Data', 'Size', 'Layers', 'Review']) {
    await tabTo('Next');
    await press('Enter');
    await expect(page.getByRole('group', { name: new RegExp(step) })).toBeFocused();
  }
  await tabTo('Start');

  await press('Control+k');
  await expect(page.getByRole('dialog')).toBeVisible();
  await press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
});

test('the first tab stop skips to the page', async ({ lathe }) => {
  const { page } = lathe;
  await engineReady(page);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Skip to the page' })).toBeFocused();
});

test('the palette reaches every page, every wizard and every button of the page', async ({ lathe }) => {
  const { page } = lathe;
  await engineReady(page);
  const dialog = page.getByRole('dialog');
  const places = await page.getByRole('navigation', { name: 'Main' }).getByRole('link').allTextContents();
  await page.keyboard.press('Control+k');
  for (const place of places) await expect(dialog.getByText(`Go to ${place}`, { exact: true })).toBeAttached();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();

  // A button of Settings, pressed from the palette.
  await page.keyboard.press('Control+k');
  await page.keyboard.type('Settings');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Copy versions' })).toBeVisible({ timeout: 60_000 });
  await page.keyboard.press('Control+k');
  await page.keyboard.type('Copy versions');
  await expect(dialog.getByRole('button', { name: 'Copy versions' })).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page.getByText(/copied/i).first()).toBeVisible();

  await page.keyboard.press('Control+k');
  await page.keyboard.type('offline mode on');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('switch', { name: /Offline/ })).toBeChecked();
});

test('what is typed at once after the keys of the palette is not lost', async ({ lathe }) => {
  const { page } = lathe;
  await engineReady(page);
  // Within the same task, as if the machine were too busy for any timer to fire before the next key.
  const focused = await page.evaluate(async () => {
    const keys = {
      key: 'k',
      code: 'KeyK',
      ctrlKey: true,
      metaKey: navigator.platform.startsWith('Mac'),
      bubbles: true,
    };
    document.body.dispatchEvent(new KeyboardEvent('keydown', keys));
    for (let turn = 0; turn < 100; turn++) await Promise.resolve();
    return document.activeElement?.ariaLabel;
  });
  expect(focused).toBe('Search or run a command');
});
