/** Closing while a job runs: the user chooses, and a stopped job goes on later from its checkpoint. */
import { expect, type Lathe, test } from '../lathe-test.ts';
import { engineReady, press, startFinetune } from '../page-steps.ts';
import { descendants, isAlive } from '../processes.ts';

/** A job too long to end by itself during the test, past its first steps. */
async function startLongJob({ page, home }: Lathe): Promise<void> {
  await engineReady(page);
  await startFinetune(page, home, 4000, 128);
  await expect(page.getByRole('region', { name: 'Loss', exact: true })).toBeVisible({ timeout: 60_000 });
}

/** Answers the system's dialog, which no test can reach, and keeps what it asked. */
async function closeAnswering(lathe: Lathe, response: number): Promise<string[]> {
  const asked = await lathe.application?.evaluate(async ({ dialog, BrowserWindow }, answer) => {
    const words = new Promise<string[]>((resolve) => {
      dialog.showMessageBox = (async (_window: unknown, options: { message: string; buttons: string[] }) => {
        resolve([options.message, ...options.buttons]);
        return { response: answer, checkboxChecked: false };
      }) as unknown as typeof dialog.showMessageBox;
    });
    BrowserWindow.getAllWindows()[0].close();
    return words;
  }, response);
  return asked ?? [];
}

const isShown = (lathe: Lathe) =>
  lathe.application?.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((window) => window.isVisible()));

test('with a job running it asks; in the background the job goes on', async ({ lathe }) => {
  await startLongJob(lathe);
  const words = await closeAnswering(lathe, 2);
  expect(words).toEqual([
    'A job is still running',
    'Keep running in the background',
    'Stop and keep the checkpoint',
    'Cancel',
  ]);
  expect(await isShown(lathe)).toEqual([true]);

  await closeAnswering(lathe, 0);
  await expect.poll(() => isShown(lathe)).toEqual([false]);
  await expect(lathe.page.getByRole('button', { name: 'Pause', exact: true })).toBeAttached();
});

test('stopped, it keeps its checkpoint and is resumed after the next start', async ({ lathe }) => {
  await startLongJob(lathe);
  const before = [lathe.pid, ...descendants(lathe.pid).map(({ pid }) => pid)];
  await closeAnswering(lathe, 1);
  await expect.poll(() => before.filter(isAlive), { timeout: 60_000 }).toEqual([]);

  await lathe.reopen();
  await engineReady(lathe.page);
  await lathe.page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Jobs', exact: true }).click();
  await lathe.page
    .getByRole('main')
    .getByRole('link', { name: /Fine-tune plants/ })
    .first()
    .click();
  await press(lathe.page, 'Resume');
  await expect(lathe.page.getByRole('button', { name: 'Pause', exact: true })).toBeVisible();
});

test('a crash of the engine interrupts the job, which can be resumed', async ({ lathe }) => {
  await startLongJob(lathe);
  const [engine] = descendants(lathe.pid).filter(({ command }) => command.includes('server/engine.js'));
  const workers = descendants(engine.pid).map(({ pid }) => pid);
  expect(workers.length).toBeGreaterThan(0);
  process.kill(engine.pid, 'SIGKILL');
  await expect.poll(() => workers.filter(isAlive), { timeout: 30_000 }).toEqual([]);
  await expect(lathe.page.getByText('Interrupted').first()).toBeVisible();
  await press(lathe.page, 'Resume');
  await expect(lathe.page.getByRole('button', { name: 'Pause', exact: true })).toBeVisible();
});

test('a window that is gone without being closed, as when the display ends, takes everything with it', async ({
  lathe,
}) => {
  await engineReady(lathe.page);
  const before = [lathe.pid, ...descendants(lathe.pid).map(({ pid }) => pid)];
  await lathe.application?.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0].destroy());
  await expect.poll(() => before.filter(isAlive), { timeout: 30_000 }).toEqual([]);
});
