/**
 * Greedy answers that quote their prompt, with or without drafts looked up in it; the tokens must be the same.
 * usage: node lathe-speculate.mjs MODEL THREADS plain | lookup
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../../..');
const load = (file) => import(join(root, 'dist', file));
const [{ Decoder }, { openStored }, { generateText }, { loadTokenizer }, { findChatTemplate }] = await Promise.all(
  [
    'generate/decoder.js',
    'models/stored.js',
    'generate/generate.js',
    'models/tokenizer.js',
    'models/chat-template.js',
  ].map(load),
);
const [model, threads, how] = process.argv.slice(2);
const tokenizer = await loadTokenizer(model);
const template = await findChatTemplate(model);
const text = readFileSync(join(root, 'resources/data/moby-dick-test.txt'), 'utf8');
const passages = [2000, 9000, 15000, 22000].map((at) =>
  text
    .slice(at, at + 900)
    .replace(/\s+/g, ' ')
    .trim(),
);
const asks = [
  (passage) => `Repeat this text word for word:\n\n${passage}`,
  (passage) => `Extract the first three sentences of this text, word for word:\n\n${passage}`,
  (passage) => `Correct the spelling of this text and change nothing else:\n\n${passage}`,
  (passage) => `Summarize this text with sentences taken from it:\n\n${passage}`,
];
const prompts = passages.map((passage, i) => {
  const messages = [{ role: 'user', content: asks[i](passage) }];
  return tokenizer.encode(
    template ? template.render({ messages }, { generationPrompt: true }) : `${passage}\n\n${passage.slice(0, 80)}`,
  );
});
const decoder = await Decoder.open(await openStored(model), { threads: Number(threads), maxLength: 700 });
const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const rates = { rate: [], cpuRate: [] };
const hash = createHash('sha256');
for (let round = 0; round < 2; round++) {
  let [tokens, ms, seconds] = [0, 0, 0];
  for (const prompt of prompts) {
    const options = { maxTokens: 160, stopIds: tokenizer.stopIds, speculate: how === 'lookup' };
    decoder.rewind(0);
    await decoder.extend(prompt.slice(0, -1));
    const begin = [performance.now(), cpu()];
    const { ids } = await generateText(decoder, tokenizer, prompt, options);
    if (round === 0) hash.update(ids.join());
    tokens += ids.length;
    ms += performance.now() - begin[0];
    seconds += cpu() - begin[1];
  }
  // The first round warms up.
  if (round === 0) continue;
  rates.rate.push((1000 * tokens) / ms);
  rates.cpuRate.push(tokens / seconds);
  rates.tokens = [tokens];
}
console.log(JSON.stringify({ ...rates, ids: [Number.parseInt(hash.digest('hex').slice(0, 8), 16)] }));
process.exit();
