/**
 * The same by llama.cpp through node-llama-cpp, as its user would call it.
 * usage: node llama-decode.mjs LIBRARY GGUF TOKENS THREADS CONTEXT STEPS ROUNDS; LIBRARY: folder of node_modules/node-llama-cpp
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [library, modelPath, file, ...numbers] = process.argv.slice(2);
const [threads, context, steps, rounds] = numbers.map(Number);
const { getLlama } = await import(pathToFileURL(join(library, 'node_modules/node-llama-cpp/dist/index.js')).href);
const bytes = readFileSync(file);
const prompt = [...new Int32Array(bytes.buffer, bytes.byteOffset, context)];
const llama = await getLlama({ gpu: false, build: 'never', maxThreads: threads, logLevel: 'error' });
const model = await llama.loadModel({ modelPath, useMmap: true });
const made = await model.createContext({
  contextSize: context + steps + 8,
  batchSize: context,
  threads: { ideal: threads, min: threads },
  sequences: 1,
});
const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const rates = { prefill: [], prefillCpu: [], decode: [], decodeCpu: [] };
for (let round = 0; round <= rounds; round++) {
  const sequence = made.getSequence();
  const start = [performance.now(), cpu()];
  await sequence.evaluateWithoutGeneratingNewTokens(prompt.slice(0, -1));
  const filled = [performance.now(), cpu()];
  let first;
  let tokens = 0;
  for await (const _ of sequence.evaluate([prompt.at(-1)], { temperature: 0, yieldEogToken: true })) {
    first ??= [performance.now(), cpu()];
    if (tokens++ === steps) break;
  }
  const end = [performance.now(), cpu()];
  sequence.dispose();
  if (round === 0) continue;
  rates.prefill.push((1000 * (context - 1)) / (filled[0] - start[0]));
  rates.prefillCpu.push((context - 1) / (filled[1] - start[1]));
  rates.decode.push((1000 * (tokens - 1)) / (end[0] - first[0]));
  rates.decodeCpu.push((tokens - 1) / (end[1] - first[1]));
}
console.log(JSON.stringify(rates));
process.exit();
