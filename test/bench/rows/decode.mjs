/**
 * What the rows on decoding and prefill share: SmolLM2-135M in 4 bits, groups of 32, symmetric. llama.cpp's Q4_0 keeps the
 * head in 8 bits and onnxruntime-genai's int4 in 4, so each is compared with Lathe's model of the same sizes.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pythonIn, RESULTS, ROOT } from '../places.mjs';
import { measured } from '../processes.mjs';
import { median } from '../statistics.mjs';

const ROUNDS = 3;
const STEPS = 64;
const source = ({ peers }) => join(peers, 'hf_smollm2');
const tokens = ({ peers }) => join(peers, 'data/moby_tokens.bin');
const gguf = ({ peers }) => join(peers, 'smollm2-q4_0.gguf');
const genaiModel = ({ peers }) => join(peers, 'genai_smollm2');
const lathe = join(ROOT, 'bin/lathe.mjs');

const to4Bits = ['--bits', '4', '--symmetric', '--accuracy-level', '4'];
const nearest = [...to4Bits, '--method', 'rtn', '--group-size', '32'];

/** Lathe's own models, by how they are quantized. */
const MODELS = {
  head8: [...nearest, '--embedding-bits', '8'],
  head4: [...nearest, '--embedding-bits', '4'],
  gptq64: [...to4Bits, '--method', 'gptq', '--group-size', '64', '--embedding-bits', '4'],
  gptq128: [...to4Bits, '--method', 'gptq', '--group-size', '128', '--embedding-bits', '8'],
};

/** @param name one of `MODELS` */
export const modelPath = (name) => join(RESULTS, `smollm2-int4-${name}`);

/** That model, made once. */
export async function ensureModel(context, name) {
  const out = modelPath(name);
  if (existsSync(out)) return;
  context.say(`quantizing to ${out}`);
  const how = ['--no-measure', '--threads', String(context.threads), '--json', '--out', out];
  await measured(process.execPath, [lathe, 'quantize', source(context), ...MODELS[name], ...how], {
    limitSeconds: 7200,
  });
}

const asSample = ({ json, ...rest }) => ({
  ...rest,
  values: Object.fromEntries(Object.entries(json).map(([name, values]) => [name, median(values)])),
  rounds: json,
});
const numbers = ({ threads }, length) => [threads, length, STEPS, ROUNDS].map(String);

const latheDecodes = (length, model, settings) => async (context) => {
  const worker = join(ROOT, 'test/bench/workers/lathe-decode.mjs');
  const numbered = numbers(context, length);
  const args = [worker, modelPath(model), tokens(context), ...numbered, JSON.stringify(settings)];
  return asSample(await measured(process.execPath, args));
};

const llamaDecodes = (length) => async (context) => {
  const worker = join(ROOT, 'test/bench/workers/llama-decode.mjs');
  const args = [worker, join(context.peers, 'npm'), gguf(context), tokens(context), ...numbers(context, length)];
  return asSample(await measured(process.execPath, args));
};

const genaiDecodes = (length) => async (context) => {
  const worker = join(ROOT, 'test/bench/workers/genai_decode.py');
  const args = [worker, genaiModel(context), tokens(context), ...numbers(context, length)];
  return asSample(await measured(pythonIn(join(context.peers, 'venv')), args));
};

export const PEERS = {
  llama: { side: 'llama.cpp Q4_0', headBits: 8, model: 'head8', decodes: llamaDecodes, needs: gguf },
  genai: { side: 'onnxruntime-genai int4', headBits: 4, model: 'head4', decodes: genaiDecodes, needs: genaiModel },
};

/**
 * A row that compares with these peers after a prompt of `length` tokens.
 * @param model one of `MODELS`; default: that of the first peer's sizes
 * @param settings of Lathe's decoder
 */
export function decodingRow({ name, title, length, peers, results, model = peers[0].model, settings = {} }) {
  return {
    name,
    group: 'decode',
    title,
    needs: (context) => [source(context), tokens(context), ...peers.map((peer) => peer.needs(context))],
    prepare: (context) => ensureModel(context, model),
    sides: {
      lathe: latheDecodes(length, model, settings),
      ...Object.fromEntries(peers.map(({ side, decodes }) => [side, decodes(length)])),
    },
    results,
  };
}
