/** Prune, clicked through to its result: what went, what it saved, what it cost. */
import { expect, test } from './lathe-test.ts';
import {
  addDataset,
  choose,
  engineReady,
  finishJob,
  getStarter,
  goTo,
  plantsFile,
  press,
  startJob,
} from './page-steps.ts';

test('a pruned model is smaller, and its price in quality is told', async ({ lathe, home }) => {
  test.setTimeout(240_000);
  const { page } = lathe;
  await engineReady(page);
  await addDataset(page, plantsFile(home, 64), /64 chats/);
  await getStarter(page);
  await goTo(page, 'Prune');
  await choose(page, /^starter\b/);
  await press(page, 'Next');
  await choose(page, /^plants\b/);
  await press(page, 'Next');
  await choose(page, /^Gentle/);
  const panel = page.getByRole('region', { name: 'On this machine' });
  await expect(panel).toContainText('Result');
  await press(page, 'Next');
  const stack = page.getByRole('region', { name: /of 8 layers go/ });
  await expect(stack).toContainText('1 of 8 layers go');
  await press(page, 'Measure it');
  await expect(stack.getByRole('listitem')).toHaveCount(5);
  await stack.getByRole('slider').press('ArrowRight');
  await expect(stack).toContainText('2 of 8 layers go');
  await expect(stack).toContainText(/Layers \d, \d go/);
  await press(page, 'Next');
  await expect(page.getByRole('region', { name: 'Recipe as YAML' })).toContainText('prune');
  await startJob(page);
  await finishJob(page);
  const strip = page.getByRole('group', { name: 'Before and after' });
  await expect(strip).toContainText(/Perplexity lower is better\d/);
  await expect(strip).toContainText(/Size MB[\d.]+from 14\.7\d+(\.\d)?% smaller/);
  await expect(page.getByRole('region', { name: 'Where the bytes are' })).toBeVisible();
  await goTo(page, 'Models');
  await expect(page.getByRole('table', { name: 'Models' })).toContainText('starter-pruned');
});
