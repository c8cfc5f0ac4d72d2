/** The engine beside the window: restarted after a crash, given up after many, gone when the window is. */
import { expect, test } from '../lathe-test.ts';
import { enginesBelow, isAlive } from '../processes.ts';

const engineOf = (pid: number): number => enginesBelow(pid)[0]?.pid ?? 0;

test('a crash is told, the engine comes back, the page goes on', async ({ lathe }) => {
  const state = lathe.page.getByRole('status').filter({ hasText: /^Engine/ });
  await expect(state).toHaveText('Engine ready');
  const first = engineOf(lathe.pid);
  process.kill(first, 'SIGKILL');
  await expect(lathe.page.getByText('The engine is back')).toBeVisible();
  await expect(state).toHaveText('Engine ready');
  expect(engineOf(lathe.pid)).not.toBe(first);
  expect(isAlive(first)).toBe(false);
  await lathe.page.getByRole('link', { name: 'Models', exact: true }).click();
  await expect(lathe.page.getByRole('heading', { name: 'Models' }).first()).toBeVisible();
});

test('after crash upon crash it says why, and starts again when asked', async ({ lathe }) => {
  const state = lathe.page.getByRole('status').filter({ hasText: /^Engine/ });
  for (let crash = 0; crash < 4; crash++) {
    await expect.poll(() => engineOf(lathe.pid), { timeout: 30_000 }).toBeGreaterThan(0);
    const engine = engineOf(lathe.pid);
    process.kill(engine, 'SIGKILL');
    await expect.poll(() => isAlive(engine)).toBe(false);
  }
  await expect(state).toHaveText('Engine stopped');
  await lathe.page.evaluate(() => (window as unknown as { lathe: { restartEngine(): void } }).lathe.restartEngine());
  await expect(state).toHaveText('Engine ready');
});

test('a reload connects again', async ({ lathe }) => {
  const state = lathe.page.getByRole('status').filter({ hasText: /^Engine/ });
  await expect(state).toHaveText('Engine ready');
  await lathe.page.reload();
  await expect(state).toHaveText('Engine ready');
  expect(enginesBelow(lathe.pid)).toHaveLength(1);
});

for (const signal of ['SIGTERM', 'SIGKILL'] as const)
  test(`no process is left behind by ${signal}`, async ({ lathe }) => {
    await expect(lathe.page.getByText('Engine ready')).toBeVisible();
    const engine = engineOf(lathe.pid);
    process.kill(lathe.pid, signal);
    await expect.poll(() => isAlive(lathe.pid)).toBe(false);
    await expect.poll(() => isAlive(engine)).toBe(false);
  });
