/** Transfer at once, with what comes with Lathe: one button to the review, Start, and a result that can be tried. */
import { expect, test } from './lathe-test.ts';
import { engineReady, finishJob, goTo, press, startJob } from './page-steps.ts';

test('a classifier from the encoder and the sample that come with Lathe', async ({ lathe }) => {
  test.setTimeout(240_000);
  const { page } = lathe;
  await engineReady(page);
  await goTo(page, 'Transfer');
  await press(page, 'Try it with MiniLM and the sample');
  await expect(page.getByRole('region', { name: 'Recipe as YAML' })).toContainText('transfer');
  await startJob(page);
  await finishJob(page);
  await expect(page.getByRole('region', { name: 'Scores', exact: true })).toContainText('Words alone');
  await expect(page.getByRole('region', { name: 'Confusion matrix' })).toBeVisible();
});
