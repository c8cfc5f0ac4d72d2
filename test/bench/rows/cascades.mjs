/**
 * A small model before a large one at a stated promise, against the large one alone: classifiers on mails (one layer of MiniLM
 * before all six), and chat models on what is said to a smart home (the starter before SmolLM2 in 4 bits, both taught by the
 * same kind of chats). Models learn from rows of their own; thresholds are chosen, proved and checked on others.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { latheOnce } from '../lathe-once.mjs';
import { RESULTS, ROOT } from '../places.mjs';

const FOLDER = join(RESULTS, 'cascades');
const inPeers = (context, ...path) => join(context.peers, ...path);
const linesOf = (file) => readFileSync(file, 'utf8').trim().split('\n');

function keep(name, lines) {
  mkdirSync(FOLDER, { recursive: true });
  const file = join(FOLDER, name);
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

const row = ({ maxLoss, fastest, ...rest }) => ({
  group: 'adaptive',
  ...rest,
  sides: {
    async lathe({ prepared: { report } }) {
      const { askedLarge, speedup, bestFixed, guarantee, exits } = report;
      const note = `asks the large one ${(100 * askedLarge).toFixed(0)} % of ${guarantee.heldOut.rows}; p ${guarantee.pValue.toPrecision(2)}`;
      const values = {
        speedup,
        overFixed: speedup / bestFixed.speedup,
        lost: 100 * guarantee.heldOut.loss,
        alone: 100 * (exits[1].accuracy - exits[0].accuracy),
      };
      return { note, values };
    },
  },
  results: [
    {
      metric: 'speedup',
      label: 'against the large model',
      unit: 'x',
      digits: 2,
      target: { atLeast: fastest, of: 'value' },
    },
    {
      metric: 'overFixed',
      label: 'against the small one where it keeps the promise alone, else the large one',
      unit: 'x',
      digits: 2,
      target: { atLeast: 1.05, of: 'value' },
    },
    {
      metric: 'lost',
      label: 'lost on other rows',
      unit: 'points',
      digits: 2,
      target: { atMost: maxLoss, of: 'value' },
    },
    { metric: 'alone', label: '  the small one alone would lose', unit: 'points', digits: 2 },
  ],
});

const promise = (maxLoss, shares) => [
  ...['--max-loss', String(maxLoss), '--confidence', '0.95'],
  ...['--tuning', shares[0], '--calibration', shares[1], '--held-out', shares[2]].map(String),
];

/** Mails of which the first 300 characters are not another's, in an order of their own. */
function mails(file) {
  const once = new Map();
  for (const line of linesOf(file)) {
    const { subject, text, label } = JSON.parse(line);
    const whole = `${subject} ${text}`.trim();
    const key = whole.split(/\s+/).join(' ').slice(0, 300);
    if (!once.has(key)) once.set(key, JSON.stringify({ text: whole.slice(0, 1500), label }));
  }
  // The file has one class after the other.
  const all = [...once.values()];
  const stride = 2741;
  return all.map((_, i) => all[(i * stride) % all.length]);
}
const SHORT = ['--max-length', '64'];

const classifiers = row({
  name: 'adaptive-cascade',
  title: 'One layer of MiniLM before all six: spam, at most half a point lost',
  fastest: 1.5,
  maxLoss: 0.5,
  needs: (context) => [inPeers(context, 'hf_minilm'), inPeers(context, 'data/spam_assassin.jsonl')],
  async prepare(context) {
    const all = mails(inPeers(context, 'data/spam_assassin.jsonl'));
    const [train, other] = [keep('mails-train.jsonl', all.slice(0, 1600)), keep('mails-other.jsonl', all.slice(1600))];
    const full = ['--method', 'full', '--epochs', '2', '--learning-rate', '8e-5', '--held-out', '0.05', ...SHORT];
    const large = await latheOnce(
      join(FOLDER, 'mails-large'),
      ['transfer', inPeers(context, 'hf_minilm'), '--data', train, ...full],
      context,
    );
    const taught = [
      '--student',
      'layers:1',
      '--epochs',
      '4',
      '--batch-size',
      '16',
      '--learning-rate',
      '2e-4',
      ...SHORT,
    ];
    const small = await latheOnce(
      join(FOLDER, 'mails-small'),
      ['distill', large.out, '--data', train, ...taught],
      context,
    );
    const asked = ['--cascade', small.out, '--data', other, '--seed', String(context.seed), ...SHORT];
    return latheOnce(
      join(FOLDER, `mails-${context.seed}`),
      ['adapt', large.out, ...asked, ...promise(0.005, [0.12, 0.55, 0.33])],
      context,
    );
  },
});

const chats = row({
  name: 'adaptive-chat-cascade',
  title: 'The starter before SmolLM2 int4: commands to a smart home, at most 1 point lost',
  fastest: 1.5,
  maxLoss: 1,
  needs: (context) =>
    ['hf_smollm2', 'data/commands-train.jsonl', 'data/commands-other.jsonl'].map((path) => inPeers(context, path)),
  async prepare(context) {
    const train = inPeers(context, 'data/commands-train.jsonl');
    const common = ['--max-length', '256', '--no-measure', '--eval-steps', '0'];
    const full = ['--method', 'full', '--epochs', '3', '--learning-rate', '5e-4', '--batch-size', '4'];
    const small = await latheOnce(
      join(FOLDER, 'commands-small'),
      ['finetune', join(ROOT, 'resources/starter/model'), '--data', train, ...full, ...common],
      context,
    );
    const some = keep('commands-some.jsonl', linesOf(train).slice(0, 800));
    const lora = ['--method', 'lora', '--epochs', '1', '--learning-rate', '1e-3', '--batch-size', '2'];
    const tuned = await latheOnce(
      join(FOLDER, 'commands-large'),
      ['finetune', inPeers(context, 'hf_smollm2'), '--data', some, ...lora, ...common],
      context,
    );
    const coarse = ['--method', 'rtn', '--bits', '4', '--group-size', '32', '--no-measure'];
    const large = await latheOnce(join(FOLDER, 'commands-large-int4'), ['quantize', tuned.out, ...coarse], context);
    const other = keep('commands-other.jsonl', linesOf(inPeers(context, 'data/commands-other.jsonl')).slice(0, 1500));
    const asked = ['--cascade', small.out, '--data', other, '--answer-tokens', '32', '--seed', String(context.seed)];
    return latheOnce(
      join(FOLDER, `commands-${context.seed}`),
      ['adapt', large.out, ...asked, ...promise(0.01, [0.1, 0.62, 0.28])],
      context,
    );
  },
});

export const cascades = [classifiers, chats];
