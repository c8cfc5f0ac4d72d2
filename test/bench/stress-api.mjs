/**
 * Many clients at once, some of whom leave in the middle: nobody's answer may be lost or be another's, memory must not grow.
 * usage: node test/bench/stress-api.mjs [MODEL] [REQUESTS] [AT_ONCE]
 */
import { spawn } from 'node:child_process';
import { Agent, request } from 'node:http';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const [model = 'starter', requests = '1000', atOnce = '32'] = process.argv.slice(2);
const server = spawn(process.execPath, [join(root, 'bin/lathe.mjs'), 'api', model, '--context', '512', '--quiet'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const { url, model: name } = await new Promise((ready) => {
  server.stdout.once('data', (line) => ready(JSON.parse(line.toString().split('\n')[0])));
});
const health = async () => (await fetch(`${url}/health`)).json();
const agent = new Agent({ keepAlive: true, maxSockets: Number(atOnce) });

/** @returns the text, or undefined where the client left after so many pieces */
function ask(kind, leaveAfter) {
  const body = {
    model: name,
    prompt: `Chapter ${kind}. The`,
    max_tokens: 8 + (kind % 9) * 4,
    temperature: 0,
    stream: true,
  };
  return new Promise((done, fail) => {
    const sent = request(
      `${url}/v1/completions`,
      { method: 'POST', agent, headers: { 'content-type': 'application/json' } },
      (response) => {
        if (response.statusCode !== 200) fail(new Error(`status ${response.statusCode}`));
        let all = '';
        response.on('error', () => undefined);
        response.on('data', (piece) => {
          all += piece;
          if (all.split('\n\n').length > leaveAfter) {
            sent.destroy();
            done(undefined);
          }
        });
        response.on('end', () => {
          const events = all.split('\n\n').filter((event) => event.startsWith('data: {'));
          if (!all.includes('data: [DONE]')) fail(new Error('an answer without its end'));
          done(events.map((event) => JSON.parse(event.slice(6)).choices[0].text).join(''));
        });
      },
    );
    sent.on('error', (error) => (error.code === 'ECONNRESET' ? done(undefined) : fail(error)));
    sent.end(JSON.stringify(body));
  });
}

try {
  const kinds = 20;
  const expected = [];
  for (let kind = 0; kind < kinds; kind++) expected.push(await ask(kind, Number.POSITIVE_INFINITY));
  const memory = [(await health()).memoryBytes];
  const counts = { right: 0, wrong: 0, left: 0 };
  let next = 0;
  await Promise.all(
    Array.from({ length: Number(atOnce) }, async () => {
      while (next < Number(requests)) {
        const number = next++;
        const kind = (number * 7) % kinds;
        const leaves = Math.random() < 0.3 ? Math.floor(Math.random() * 8) : Number.POSITIVE_INFINITY;
        const text = await ask(kind, leaves);
        if (text === undefined) counts.left += 1;
        else if (text === expected[kind]) counts.right += 1;
        else counts.wrong += 1;
        if (number % 100 === 99) memory.push((await health()).memoryBytes);
      }
    }),
  );
  let idle = await health();
  while (idle.running + idle.waiting > 0) idle = await health();
  const megabytes = memory.map((bytes) => Math.round(bytes / 1e6));
  const lost = Number(requests) - counts.right - counts.wrong - counts.left;
  console.log(JSON.stringify({ ...counts, lost, megabytes, cancelled: idle.cancelled }));
  process.exitCode = counts.wrong + lost > 0 ? 1 : 0;
} finally {
  server.kill('SIGINT');
}
