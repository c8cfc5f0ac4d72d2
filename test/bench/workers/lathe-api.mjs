/**
 * What a client of `lathe api` sees, and the server's own processor time.
 * usage: node lathe-api.mjs MODEL THREADS chats AT_ONCE | prefix
 *   chats: 16 questions, so many at once -> { rate, cpuRate } in tokens a second
 *   prefix: two prompts that share 1,000 tokens -> { first, second, share } in milliseconds
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../../..');
const { loadTokenizer } = await import(join(root, 'dist/models/tokenizer.js'));
const [model, threads, mode, atOnce] = process.argv.slice(2);
const TOKENS = 64;
const tokenizer = await loadTokenizer(model);
const server = spawn(process.execPath, [join(root, 'bin/lathe.mjs'), 'api', model, '--threads', threads, '--quiet'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const { url, model: name } = await new Promise((ready) => {
  server.stdout.once('data', (line) => ready(JSON.parse(line.toString().split('\n')[0])));
});

const cpuSeconds = () => {
  const stat = readFileSync(`/proc/${server.pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
};
// No answer ends before its time.
const never = Object.fromEntries(tokenizer.stopIds.map((id) => [id, -100]));
async function complete(prompt, more) {
  const body = { model: name, prompt, temperature: 0, logit_bias: never, ...more };
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/v1/completions`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}

async function chats(round) {
  const questions = Array.from(
    { length: 16 },
    (_, i) => `Round ${round}, question ${i}: how do I grow plant number ${i * 7}?`,
  );
  const begin = [performance.now(), cpuSeconds()];
  const workers = Array.from({ length: Number(atOnce) }, async () => {
    for (let next = questions.shift(); next; next = questions.shift()) await complete(next, { max_tokens: TOKENS });
  });
  await Promise.all(workers);
  const tokens = 16 * TOKENS;
  return { rate: (1000 * tokens) / (performance.now() - begin[0]), cpuRate: tokens / (cpuSeconds() - begin[1]) };
}

/** Time to the first token, of a prompt of 1,000 tokens and an end of its own. */
async function prefix(round) {
  const words = Array.from({ length: 1000 }, (_, i) => ((i * 7919 + round * 104729) % 3000) + 300);
  const times = [];
  for (const end of [
    [11, 12, 13, 14, 15, 16, 17, 18],
    [21, 22, 23, 24, 25, 26, 27, 28],
  ]) {
    const begin = performance.now();
    await complete([...words, ...end], { max_tokens: 1 });
    times.push(performance.now() - begin);
  }
  return { first: times[0], second: times[1], share: times[1] / times[0] };
}

try {
  const measure = mode === 'prefix' ? prefix : chats;
  const rounds = [];
  // The first warms up.
  for (let round = 0; round < 4; round++) rounds.push(await measure(round));
  const names = Object.keys(rounds[0]);
  console.log(JSON.stringify(Object.fromEntries(names.map((one) => [one, rounds.slice(1).map((r) => r[one])]))));
} finally {
  server.kill('SIGINT');
}
