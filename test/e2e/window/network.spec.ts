/** Nothing leaves the machine: no process of Lathe connects anywhere but to the hub, and there only when asked. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HubServer } from '../../models/hub/hub-server.ts';
import { expect, test } from './lathe-test.ts';
import { ROOT } from './open-lathe.ts';
import { engineReady, finishJob, goTo, press, startFinetune } from './page-steps.ts';
import { peersElsewhere } from './processes.ts';

const noteOf = (home: string) => join(home, 'connections.txt');
const connections = (home: string) =>
  existsSync(noteOf(home)) ? readFileSync(noteOf(home), 'utf8').split('\n').filter(Boolean) : [];

/** Lathe's own scheme has no origin that URL knows of. */
const siteOf = (address: string): string => `${new URL(address).protocol}//${new URL(address).host}`;

const hub = new HubServer('somebody/Tiny-Llama');

test.use({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names out of the pattern
  variables: async ({}, use) =>
    use((home) => ({
      HF_HUB_OFFLINE: '0',
      HF_ENDPOINT: hub.url,
      LATHE_TEST_CONNECTIONS: noteOf(home),
      // The shell starts its engine without this: there the kernel's tables are asked alone.
      NODE_OPTIONS: `--require ${join(import.meta.dirname, 'record-connections.cjs')}`,
    })),
});

test.beforeAll(async () => {
  const starter = join(ROOT, 'resources', 'starter', 'model');
  for (const name of readdirSync(starter)) hub.files.set(name, readFileSync(join(starter, name)));
  await hub.listen();
});
test.afterAll(() => hub.close());

test('a whole job asks nothing of the network; the hub is asked when the user asks it', async ({ lathe, carrier }) => {
  test.setTimeout(300_000);
  const { page, home } = lathe;
  const elsewhere = new Set<string>();
  const watch = setInterval(() => {
    for (const peer of peersElsewhere(lathe.pid)) elsewhere.add(peer);
  }, 500);
  const requests: string[] = [];
  page.on('request', (request) => requests.push(siteOf(request.url())));
  try {
    await engineReady(page);
    await startFinetune(page, home, 2, 64);
    await finishJob(page);
    for (const name of ['Home', 'Models', 'Data sets', 'Jobs', 'Compare', 'Playground', 'Settings'])
      await goTo(page, name);
    expect(connections(home)).toEqual([]);
    expect(hub.requests).toEqual([]);

    await goTo(page, 'Models');
    await press(page, 'Find on the hub');
    await page.getByRole('textbox', { name: 'Search the hub' }).fill('tiny');
    const found = page.getByRole('dialog').getByRole('listitem');
    await expect(found).toContainText('somebody/Tiny-Llama');
    await expect(found).toContainText('apache-2.0');
    await expect(found).toContainText('Fits this machine');
    await press(page, 'Get somebody/Tiny-Llama');
    await press(page, 'Watch');
    await finishJob(page);
    await goTo(page, 'Models');
    await expect(page.getByRole('table', { name: 'Models' })).toContainText('tiny-llama');
    const { host } = new URL(hub.url);
    if (carrier === 'chromium') expect([...new Set(connections(home))]).toEqual([host]);
    expect(hub.requests.length).toBeGreaterThan(3);
  } finally {
    clearInterval(watch);
  }
  expect([...elsewhere]).toEqual([]);
  expect([...new Set(requests)].filter((site) => site !== siteOf(page.url()))).toEqual([]);
});
