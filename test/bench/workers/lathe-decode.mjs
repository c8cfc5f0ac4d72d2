/**
 * Prefill and greedy decoding of one model by Lathe.
 * usage: node lathe-decode.mjs MODEL TOKENS THREADS CONTEXT STEPS ROUNDS [SETTINGS]; TOKENS: a file of int32; SETTINGS: of the decoder, JSON
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const app = resolve(import.meta.dirname, '../../../dist');
const [{ Decoder }, { openStored }, { streamIds }] = await Promise.all([
  import(join(app, 'generate/decoder.js')),
  import(join(app, 'models/stored.js')),
  import(join(app, 'generate/generate.js')),
]);
const [model, file, ...numbers] = process.argv.slice(2);
const [threads, context, steps, rounds] = numbers.slice(0, 4).map(Number);
const settings = JSON.parse(numbers[4] ?? '{}');
const bytes = readFileSync(file);
const prompt = [...new Int32Array(bytes.buffer, bytes.byteOffset, context)];
const decoder = await Decoder.open(await openStored(model), { threads, ...settings, maxLength: context + steps + 1 });
const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const rates = { prefill: [], prefillCpu: [], decode: [], decodeCpu: [] };
// The first round warms up.
for (let round = 0; round <= rounds; round++) {
  decoder.rewind(0);
  const marks = [[performance.now(), cpu()]];
  const options = { maxTokens: steps + 1 };
  let tokens = 0;
  for await (const _ of streamIds(decoder, prompt, options)) {
    if (tokens === 0) marks.push([performance.now(), cpu()]);
    tokens += 1;
  }
  marks.push([performance.now(), cpu()]);
  if (round === 0) continue;
  const [start, first, end] = marks;
  rates.prefill.push((1000 * context) / (first[0] - start[0]));
  rates.prefillCpu.push(context / (first[1] - start[1]));
  rates.decode.push((1000 * (tokens - 1)) / (end[0] - first[0]));
  rates.decodeCpu.push((tokens - 1) / (end[1] - first[1]));
}
decoder.dispose();
console.log(JSON.stringify(rates));
process.exit();
