/**
 * What the two training rows share. Both sides train the same float32 weights on the same chats with batches of about
 * the same number of examples. PyTorch pads 4 chats to the longest, as its user would do; Lathe packs them.
 */
import { join } from 'node:path';
import { pythonIn, ROOT } from '../places.mjs';
import { measured } from '../processes.mjs';

const model = ({ peers }) => join(peers, 'hf_smollm2');
const data = ({ peers }) => join(peers, 'data/chat_train.jsonl');

export const trainNeeds = (context) => [pythonIn(join(context.peers, 'venv')), model(context), data(context)];

const asSample = ({ json, peakMemoryBytes, ...rest }) => ({
  ...rest,
  note: json.settings,
  losses: json.losses,
  values: {
    supervised: json.supervisedTokensPerSecond,
    real: json.tokensPerSecond,
    supervisedCpu: json.supervisedTokensPerCpuSecond,
    realCpu: json.tokensPerCpuSecond,
    peakMemory: (peakMemoryBytes ?? json.peakMemoryBytes) / 2 ** 20,
  },
});

export const latheTrains = (method) => async (context) => {
  const worker = join(ROOT, 'test/bench/workers/lathe-train.mjs');
  const args = [worker, model(context), data(context), method, String(context.threads), String(context.steps)];
  return asSample(await measured(process.execPath, args));
};

export const torchTrains = (method) => async (context) => {
  const worker = join(ROOT, 'test/bench/workers/torch_train.py');
  const args = [worker, model(context), data(context), method, String(context.threads), String(context.steps)];
  // Threads that sleep while they wait: on a machine with other work, busy waiting makes PyTorch several times slower.
  const env = { OMP_WAIT_POLICY: 'PASSIVE', TOKENIZERS_PARALLELISM: 'false', HF_HUB_OFFLINE: '1' };
  return asSample(await measured(pythonIn(join(context.peers, 'venv')), args, { env }));
};

export const memory = (atMost) => ({
  metric: 'peakMemory',
  label: 'peak memory',
  unit: 'MiB',
  digits: 0,
  higherIsBetter: false,
  target: { atMost },
});
