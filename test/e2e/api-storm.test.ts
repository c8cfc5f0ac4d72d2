/** `lathe api` under a thousand requests, 32 at a time, many of whose askers leave in the middle: none is lost or mixed up, and memory stays. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, it } from 'vitest';
import { Random } from '../../app/tensor/random.ts';

const LATHE = resolve(import.meta.dirname, '../../bin/lathe.mjs');
const REQUESTS = 1000;
const AT_ONCE = 32;
const TOKENS = 8;
/** Requests after which the server has everything it needs. */
const WARM = 300;
const MEBIBYTE = 1024;

const server: ChildProcess = spawn(
  process.execPath,
  [LATHE, 'api', 'starter', '--concurrency', String(AT_ONCE), '--context', '256', '--threads', '2', '--quiet'],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
const exited = new Promise((done) => server.on('exit', done));
afterAll(async () => {
  server.kill('SIGTERM');
  await exited;
});

const lines = createInterface({ input: server.stdout! })[Symbol.asyncIterator]();
const { url, model } = JSON.parse((await lines.next()).value as string) as { url: string; model: string };
const random = new Random([32]);

const prompts = Array.from(
  { length: 40 },
  (_, i) => `Number ${i}: the ${['whale', 'ship', 'captain', 'sea'][i % 4]} ${'and the wind '.repeat(i % 7)}was`,
);
const HEADERS = { 'content-type': 'application/json' };
const bodyOf = (prompt: string, more: object) =>
  JSON.stringify({ model, prompt, temperature: 0, max_tokens: TOKENS, ...more });
const ask = (prompt: string, signal?: AbortSignal) =>
  fetch(`${url}/v1/completions`, { method: 'POST', headers: HEADERS, body: bodyOf(prompt, {}), signal });

async function whole(prompt: string): Promise<string> {
  const response = await ask(prompt);
  expect(response.status).toBe(200);
  return ((await response.json()) as { choices: { text: string }[] }).choices[0].text;
}

/** Reads some of a stream and leaves. @returns what had come */
function begun(prompt: string, events: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/v1/completions`, { method: 'POST', headers: HEADERS }, (response) => {
      let [text, rest, seen] = ['', '', 0];
      response.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop()!;
        for (const line of lines.filter((one) => one.startsWith('data: {'))) {
          text += (JSON.parse(line.slice(6)) as { choices: { text: string }[] }).choices[0].text;
          seen += 1;
        }
        if (seen > events) sent.destroy();
      });
      response.on('error', () => undefined).on('close', () => resolve(text));
    });
    sent.on('error', reject).end(bodyOf(prompt, { stream: true }));
  });
}

/** What the server holds in memory, KiB. */
const resident = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))![1]);

it.runIf(process.platform === 'linux')('answers everybody as if they were alone', { timeout: 180_000 }, async () => {
  const alone = new Map<string, string>();
  for (const prompt of prompts) alone.set(prompt, await whole(prompt));
  let [sent, left, warm] = [0, 0, 0];
  const worker = async () => {
    while (sent < REQUESTS) {
      sent += 1;
      if (sent === WARM) warm = resident();
      const prompt = prompts[Math.floor(random.fraction() * prompts.length)];
      const kind = random.fraction();
      if (kind < 0.25) {
        left += 1;
        expect(alone.get(prompt)!.startsWith(await begun(prompt, Math.floor(kind * 4 * TOKENS)))).toBe(true);
      } else if (kind < 0.3) {
        left += 1;
        // Before anything has come.
        await expect(ask(prompt, AbortSignal.timeout(1))).rejects.toThrow();
      } else expect(await whole(prompt)).toBe(alone.get(prompt));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  expect(left).toBeGreaterThan(REQUESTS / 5);
  expect(resident() - warm).toBeLessThan(32 * MEBIBYTE);
  // Nobody is left behind.
  expect(await whole(prompts[3])).toBe(alone.get(prompts[3]));
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toMatch(/lathe_requests_running 0/);
});
