/** One window for one data folder: a second start hands its files to the first and ends. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '../lathe-test.ts';
import { electronBinary, environment, ROOT } from '../open-lathe.ts';

test('a second start focuses the first window and opens its file there', async ({ lathe, home }) => {
  const file = join(home, 'questions.jsonl');
  const row = {
    messages: [
      { role: 'user', content: 'Hello?' },
      { role: 'assistant', content: 'Hello.' },
    ],
  };
  writeFileSync(file, `${JSON.stringify(row)}\n`.repeat(3));
  await expect(lathe.page.getByText('Engine ready')).toBeVisible();
  await lathe.application?.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0].hide());

  const second = spawn(electronBinary(), ['--no-sandbox', ROOT, file], { env: environment(home), stdio: 'ignore' });
  const status = await new Promise((resolve) => second.once('exit', resolve));
  expect(status).toBe(0);
  await expect
    .poll(() =>
      lathe.application?.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((w) => w.isVisible())),
    )
    .toEqual([true]);
  await expect(lathe.page.getByRole('dialog').getByText('questions.jsonl')).toBeVisible();
});
