/** A data set of a million rows stays usable. */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './lathe-test.ts';
import { addDataset, engineReady } from './page-steps.ts';

const ROWS = 1_000_000;

async function millionRows(file: string): Promise<void> {
  const out = createWriteStream(file);
  out.write('question,answer\n');
  for (let row = 0; row < ROWS; row += 10_000) {
    const lines = Array.from({ length: 10_000 }, (_, i) => `What is number ${row + i + 1}?,It is ${row + i + 1}.`);
    if (!out.write(`${lines.join('\n')}\n`)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}

test('a data set of a million rows opens, and its last row is in reach', async ({ lathe, home }) => {
  test.setTimeout(300_000);
  const { page } = lathe;
  const file = join(home, 'numbers.csv');
  await millionRows(file);
  await engineReady(page);
  await addDataset(page, file, /1,000,000/, 120_000);
  const table = page.getByRole('main');
  await expect(table.getByText('What is number 1?', { exact: true }).first()).toBeVisible({ timeout: 120_000 });
  await expect(page.getByRole('table').first()).toHaveAttribute('aria-rowcount', `${ROWS + 1}`, { timeout: 120_000 });
  // The table is virtual: End is reached at once, and few rows are ever in the page.
  await table.getByRole('row').filter({ hasText: 'What is number 1?' }).press('End');
  await expect(table.getByText(`What is number ${ROWS}?`, { exact: true }).first()).toBeVisible({ timeout: 60_000 });
  expect(await page.getByRole('row').count()).toBeLessThan(300);
});
