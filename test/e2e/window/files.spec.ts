/** Files dropped on the window that are not what they seem: refused, each with its reason. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dropFiles } from './drop-files.ts';
import { expect, test } from './lathe-test.ts';
import { engineReady } from './page-steps.ts';

test('wrong files are refused, each with its reason, and nothing is added', async ({ lathe, home }) => {
  const { page } = lathe;
  const wrong = {
    'weights.bin': Buffer.concat([Buffer.from([0x80, 0x02]), Buffer.alloc(64)]),
    'cut.gguf': Buffer.from('GGUF\u0003\0\0\0'),
    'cut.safetensors': Buffer.from([255, 255, 255, 255, 0, 0, 0, 0, 1]),
    'broken.jsonl': Buffer.from('{"messages": [\nnot json\n'),
    'picture.png': Buffer.from([0x89, 0x50, 0x4e, 0x47, 1, 2, 3]),
    'empty.csv': Buffer.alloc(0),
  };
  const paths = Object.entries(wrong).map(([name, bytes]) => {
    const path = join(home, name);
    writeFileSync(path, bytes);
    return path;
  });
  await engineReady(page);
  await dropFiles(page, paths);
  const dialog = page.getByRole('dialog');
  for (const name of Object.keys(wrong)) await expect(dialog.getByText(name, { exact: true })).toBeVisible();
  await expect(dialog.getByText('Left out')).toHaveCount(paths.length);
  await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
  await page.getByRole('link', { name: 'Data sets', exact: true }).click();
  await expect(page.getByText('Data sets are the examples a model learns from')).toBeVisible();
});
