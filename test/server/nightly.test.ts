/** The daily check of the database: a whole one, one that was damaged while in use, and what is said of it. */
import { mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { checkNightly } from '../../app/server/nightly.ts';
import { databaseProblem } from '../../app/store/check.ts';
import { Store } from '../../app/store/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'lathe-nightly-'));
afterAll(() => rmSync(folder, { recursive: true }));

function storeWith(name: string): { file: string; store: Store } {
  const file = join(folder, name);
  const store = new Store(file);
  for (let i = 0; i < 2000; i++) store.settings.set(`setting ${i}`, 'x'.repeat(100));
  return { file, store };
}

it('finds nothing wrong with a database in use', () => {
  const { file, store } = storeWith('whole.db');
  expect(databaseProblem(file)).toBeUndefined();
  store.close();
});

it('finds pages that were overwritten behind its back', () => {
  const { file, store } = storeWith('damaged.db');
  store.db.pragma('wal_checkpoint(TRUNCATE)');
  const handle = openSync(file, 'r+');
  writeSync(handle, Buffer.alloc(4096, 0xab), 0, 4096, Math.floor(statSync(file).size / 2 / 4096) * 4096);
  expect(databaseProblem(file)).toMatch(/is damaged/);
  store.close();
});

it('is asked again and again, and says each thing once', async () => {
  const answers = [undefined, 'torn', 'torn', 'torn otherwise'];
  const problems: string[] = [];
  const infos: string[] = [];
  await new Promise<void>((resolve) => {
    const stop = checkNightly({
      everyMs: 1,
      check: async () => answers.shift(),
      onProblem(problem) {
        problems.push(problem);
        if (problems.length < 2) return;
        stop();
        resolve();
      },
      log: { info: (text: string) => infos.push(text), error: () => undefined } as never,
    });
  });
  expect(problems).toEqual(['torn', 'torn otherwise']);
  expect(infos).toEqual(['the database is whole']);
});
