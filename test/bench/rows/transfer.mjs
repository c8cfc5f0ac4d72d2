/**
 * A classifier of mails from MiniLM: a linear head on the frozen encoder, and everything trained, against a plain PyTorch
 * loop with the same data, epochs, batches and rates. Totals hold what both do: the encoder over the mails learnt from (PyTorch
 * in every epoch), and once over those measured on. Accuracies of heads are means of five seeds, of everything trained those of
 * one; one of the 300 test rows is 0.33 points. So few mails that PyTorch ends within a minute or two on a busy machine.
 */
import { join } from 'node:path';
import { pythonIn, ROOT } from '../places.mjs';
import { measured } from '../processes.mjs';

const EPOCHS = 3;
const MAILS = 480;
/** Tokens of a mail: passes back take three times as long. */
const LONGEST = { head: 128, full: 64 };
const model = ({ peers }) => join(peers, 'hf_minilm');
const rows = ({ peers }) => ['spam_train.jsonl', 'spam_test.jsonl'].map((name) => join(peers, 'data', name));
const needs = (context) => [pythonIn(join(context.peers, 'venv')), model(context), ...rows(context)];

const asSample = ({ json, ...rest }) => {
  const { accuracy, totalSeconds, epochSeconds } = json;
  const values = { accuracy, total: totalSeconds, epoch: epochSeconds, cpu: rest.cpuSeconds };
  return { ...rest, note: json.settings, losses: json.losses, values };
};

const argumentsOf = (context, method) => [
  model(context),
  ...rows(context),
  method,
  String(context.threads),
  String(EPOCHS),
  String(MAILS),
  String(LONGEST[method]),
];

const lathe = (method) => async (context) => {
  const worker = join(ROOT, 'test/bench/workers/lathe-transfer.mjs');
  return asSample(await measured(process.execPath, [worker, ...argumentsOf(context, method)]));
};

const torch = (method) => async (context) => {
  const worker = join(ROOT, 'test/bench/workers/torch_transfer.py');
  // Threads that sleep while they wait: on a machine with other work, busy waiting makes PyTorch several times slower.
  const env = { OMP_WAIT_POLICY: 'PASSIVE', TOKENIZERS_PARALLELISM: 'false', HF_HUB_OFFLINE: '1' };
  return asSample(
    await measured(pythonIn(join(context.peers, 'venv')), [worker, ...argumentsOf(context, method)], { env }),
  );
};

/** 0.5 points below the peer's, as a ratio of accuracies about 95. */
const accuracy = { metric: 'accuracy', label: 'accuracy on 300 mails', unit: '%', target: { atLeast: 0.995 } };
const time = (metric, label, atMost) => ({
  metric,
  label,
  unit: 's',
  digits: 2,
  higherIsBetter: false,
  ...(atMost === undefined ? {} : { target: { atMost } }),
});

export const transferHead = {
  name: 'transfer-head',
  group: 'transfer',
  title: `Linear head on frozen MiniLM, ${MAILS} mails, ${EPOCHS} epochs`,
  needs,
  sides: { lathe: lathe('head'), PyTorch: torch('head') },
  // Lathe's total also holds hashing the model.
  results: [
    time('total', 'encoder and epochs', 1 / 3),
    time('epoch', 'every further epoch', 1 / 50),
    time('cpu', '  whole process, processor time'),
    accuracy,
  ],
};

export const transferFull = {
  name: 'transfer-full',
  group: 'transfer',
  title: `Everything of MiniLM trained, ${MAILS} mails, ${EPOCHS} epochs`,
  needs,
  sides: { lathe: lathe('full'), PyTorch: torch('full') },
  results: [time('epoch', 'an epoch'), time('cpu', '  whole process, processor time'), accuracy],
};
