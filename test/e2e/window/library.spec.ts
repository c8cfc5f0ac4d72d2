/** What is dropped on the window: a model's folder is imported, a recipe is run; what is removed comes back by Undo. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { dropFiles } from './drop-files.ts';
import { expect, test } from './lathe-test.ts';
import { ROOT } from './open-lathe.ts';
import { addDataset, engineReady, finishJob, getStarter, goTo, plantsFile, press } from './page-steps.ts';

test('a dropped folder becomes a model; removed, it says what depends on it and comes back', async ({
  lathe,
  home,
}) => {
  const { page } = lathe;
  const folder = join(home, 'whale-teller');
  cpSync(join(ROOT, 'resources', 'starter', 'model'), folder, { recursive: true });
  await engineReady(page);
  await goTo(page, 'Models');
  await dropFiles(page, [folder]);
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText(/Model, llama, 7M, float16/);
  await dialog.getByRole('button', { name: 'Import', exact: true }).click();
  const table = page.getByRole('table', { name: 'Models' });
  await expect(table).toContainText('whale-teller', { timeout: 60_000 });

  await table.getByText('whale-teller').dblclick();
  await press(page, 'More');
  await page.getByRole('menuitem', { name: 'Remove' }).click();
  await expect(dialog).toContainText('Nothing else depends on it');
  await press(page, 'Move to the trash');
  await expect(page.getByText('Models live here')).toBeVisible();
  await press(page, 'Undo');
  await expect(table).toContainText('whale-teller');

  // A data set likewise; a draft that uses it is named.
  await addDataset(page, plantsFile(home, 64), /64 chats/);
  await expect(page.getByRole('heading', { name: 'plants', level: 1 })).toBeVisible();
  await press(page, 'More');
  await page.getByRole('menuitem', { name: 'Remove' }).click();
  await press(page, 'Move to the trash');
  await press(page, 'Undo');
  await goTo(page, 'Data sets');
  await expect(page.getByRole('table')).toContainText('plants');
  await expect(page.getByRole('table')).toContainText('64');
});

test('a dropped recipe is run', async ({ lathe, home }) => {
  const { page } = lathe;
  await engineReady(page);
  await getStarter(page);
  const file = join(home, 'smaller.yaml');
  writeFileSync(
    file,
    stringify({ name: 'smaller', model: 'starter', steps: [{ quantize: { bits: 8, measure: false } }] }),
  );
  await dropFiles(page, [file]);
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('smaller.yaml');
  await dialog.getByRole('button', { name: 'Run', exact: true }).click();
  await expect(page).toHaveURL(/#\/jobs\//);
  await finishJob(page);
  await goTo(page, 'Models');
  await expect(page.getByRole('table', { name: 'Models' })).toContainText('smaller');
  expect(JSON.parse(readFileSync(join(home, 'models', 'smaller', 'lathe.json'), 'utf8')).steps).toHaveLength(1);
});
