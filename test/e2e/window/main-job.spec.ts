/** The whole main job, clicked through: drop a data set, fine-tune, quantize, profile, compare, chat, export, open. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { expect, test } from './lathe-test.ts';
import { environment, ROOT } from './open-lathe.ts';
import {
  addDataset,
  choose,
  engineReady,
  finishJob,
  getStarter,
  goTo,
  plantsFile,
  press,
  setAdvanced,
  startJob,
} from './page-steps.ts';

test('from a data set to a file that opens', async ({ lathe, home }) => {
  test.setTimeout(400_000);
  const { page } = lathe;
  const main = page.getByRole('main');
  await engineReady(page);

  await test.step('drop a data set', () => addDataset(page, plantsFile(home, 64), /64 chats/));

  await test.step('fine-tune, and watch it', async () => {
    await getStarter(page);
    await press(page, 'Next');
    await choose(page, /^plants\b/);
    await press(page, 'Next');
    await setAdvanced(page, 'Steps', '6');
    await setAdvanced(page, 'Sequence length', '128');
    await press(page, 'Next');
    await expect(page.getByRole('region', { name: 'Recipe as YAML' })).toContainText('steps: 6');
    await startJob(page);
    await expect(main.getByRole('button', { name: 'Pause' })).toBeVisible();
    await finishJob(page);
    await expect(page.getByRole('region', { name: 'Loss', exact: true })).toContainText(/train \d/);
    await expect(page.getByRole('group', { name: 'Before and after' })).toContainText('Perplexity');
  });

  await test.step('quantize', async () => {
    await goTo(page, 'Quantize');
    await choose(page, /^starter-plants /);
    await press(page, 'Next');
    await choose(page, /^plants\b/);
    for (const _ of ['Data', 'Size', 'Layers']) await press(page, 'Next');
    await startJob(page);
    await finishJob(page);
    await expect(page.getByRole('group', { name: 'Before and after' })).toContainText('smaller');
  });

  await test.step('profile', async () => {
    await goTo(page, 'Profile');
    await choose(page, /^starter-plants-/);
    await press(page, 'Next');
    await choose(page, /^Quick/);
    await press(page, 'Next');
    await startJob(page);
    await finishJob(page);
    await expect(page.getByRole('region', { name: 'Speed by context' })).toContainText('Decode');
  });

  await test.step('compare', async () => {
    await goTo(page, 'Compare');
    await expect(main.getByText('starter-plants').first()).toBeVisible();
    await expect(main.getByText(/^starter-plants-/).first()).toBeVisible();
  });

  await test.step('chat, and again with the same seed', async () => {
    await goTo(page, 'Playground');
    await page.getByRole('textbox', { name: 'Longest answer, tokens' }).fill('24');
    await page.getByRole('textbox', { name: 'Seed' }).fill('7');
    await page.getByRole('textbox', { name: 'Message' }).fill('Summer watering for a cactus?');
    await press(page, 'Send');
    const answer = page.getByRole('article', { name: /^Answer of/ }).last();
    await expect(answer).toContainText(/tokens\/s/);
    const text = () => answer.locator('p').first().textContent();
    const first = await text();
    await press(page, 'Regenerate with the same seed');
    await expect(answer).toHaveAttribute('aria-busy', 'false');
    await expect(answer).toContainText(/tokens\/s/);
    expect(await text()).toBe(first);
  });

  const folder = await test.step('export', async () => {
    await goTo(page, 'Export');
    await choose(page, /^starter-plants-/);
    await press(page, 'Next');
    // Offered for models that are quantized.
    await expect(page.getByRole('radio', { name: /^vLLM/ })).toBeVisible();
    await choose(page, /^ONNX/);
    await press(page, 'Next');
    await startJob(page);
    await finishJob(page);
    await expect(main.getByText(/checks? passed/)).toBeVisible();
    const exports = join(home, 'exports');
    return join(exports, readdirSync(exports)[0]);
  });

  await test.step('the exported file opens', async () => {
    const session = await InferenceSession.create(join(folder, 'onnx', 'model.onnx'));
    expect(session.outputNames).toContain('logits');
    await session.release();
    expect(existsSync(join(folder, 'tokenizer.json'))).toBe(true);
    const words = ['generate', folder, '--prompt', 'Summer watering for a cactus?', '--max-tokens', '8', '--json'];
    const output = execFileSync(process.execPath, [join(ROOT, 'bin/lathe.mjs'), ...words], { env: environment(home) });
    expect(JSON.parse(String(output)).ids.length).toBeGreaterThan(0);
  });
});
