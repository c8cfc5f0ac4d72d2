/** `lathe serve` as a person starts it: the first line says where, and it ends when it is asked to. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, it } from 'vitest';

const LATHE = resolve(import.meta.dirname, '../../bin/lathe.mjs');
const home = mkdtempSync(join(tmpdir(), 'lathe-serve-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

function start(...flags: string[]) {
  const child = spawn(process.execPath, [LATHE, 'serve', ...flags], { env: { ...process.env, LATHE_HOME: home } });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exited = new Promise<number | null>((done) => child.on('exit', (code) => done(code)));
  return { child, exited, errors: () => errors, line: async () => (await lines.next()).value as string };
}

it('says its address first, listens on the loopback only, and refuses a second one for the same folder', async () => {
  const served = start('--json');
  const { url } = JSON.parse(await served.line()) as { url: string };
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}$/);
  const page = await fetch(url);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const second = start('--json');
  expect(JSON.parse(await second.line())).toMatchObject({ error: { code: 'store/in-use' } });
  expect(await second.exited).toBe(1);
  served.child.kill('SIGTERM');
  expect(await served.exited).toBe(0);
  expect(served.errors()).toBe('');
  // The folder is free again.
  const third = start('--port', new URL(url).port);
  expect(JSON.parse(await third.line()).url).toContain(`:${new URL(url).port}/`);
  third.child.kill('SIGTERM');
  expect(await third.exited).toBe(0);
});
