/**
 * A small model before a large one at a stated promise, against the large one alone: on what is said to a smart home, classifiers
 * of the intent (one layer of MiniLM, taught by all six, before them) and chat models that also say the names in it (the starter
 * before SmolLM2 in 4 bits). Models learn from rows of their own; thresholds are chosen, proved and checked on others. What a
 * cascade is compared with beside the large model is the faster of the two that is proved to keep the promise alone: the small
 * models here are such as are not. Where one is, that model is the answer, and `overFixed` is 1: the cascade asks nobody else.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { latheOnce } from '../lathe-once.mjs';
import { RESULTS, ROOT } from '../places.mjs';

const FOLDER = join(RESULTS, 'cascades');
const COMMANDS = ['data/commands-train.jsonl', 'data/commands-other.jsonl'];
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
      const { askedLarge, speedup, bestFixed, guarantee, exits, smallAlone } = report;
      const small = smallAlone ? `, of the small one alone ${smallAlone.pValue.toPrecision(2)}` : '';
      const note = `asks the large one ${(100 * askedLarge).toFixed(0)} % of ${guarantee.heldOut.rows}; p ${guarantee.pValue.toPrecision(2)}${small}`;
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
      label: 'against the faster of the two that is proved alone',
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
    {
      metric: 'alone',
      label: '  the small one alone would lose',
      unit: 'points',
      digits: 2,
    },
  ],
});

const promise = (maxLoss, shares) => [
  ...['--max-loss', String(maxLoss), '--confidence', '0.95'],
  ...['--tuning', shares[0], '--calibration', shares[1], '--held-out', shares[2]].map(String),
];

/** Sentences with their intents, without the names. */
const intentsOf = (file) =>
  linesOf(file).map((line) => {
    const [{ content: text }, { content }] = JSON.parse(line).messages;
    return JSON.stringify({ text, label: content.split(',')[0] });
  });
const SHORT = ['--max-length', '32'];

const classifiers = row({
  name: 'adaptive-cascade',
  title: 'One layer of MiniLM before all six: intents of commands, at most half a point lost',
  fastest: 1.5,
  maxLoss: 0.5,
  needs: (context) => ['hf_minilm', ...COMMANDS].map((path) => inPeers(context, path)),
  async prepare(context) {
    const [train, other] = COMMANDS.map((path) =>
      keep(`intents-${path.slice(-11)}`, intentsOf(inPeers(context, path))),
    );
    const full = ['--method', 'full', '--epochs', '4', '--learning-rate', '1e-4', '--held-out', '0.02', ...SHORT];
    const large = await latheOnce(
      join(FOLDER, 'intents-large'),
      ['transfer', inPeers(context, 'hf_minilm'), '--data', train, ...full],
      context,
    );
    const taught = ['--student', 'layers:1', '--epochs', '2', '--batch-size', '16', '--learning-rate', '2e-4'];
    const small = await latheOnce(
      join(FOLDER, 'intents-small'),
      ['distill', large.out, '--data', train, ...taught, '--held-out', '0.02', ...SHORT],
      context,
    );
    const asked = ['--cascade', small.out, '--data', other, '--seed', String(context.seed), ...SHORT];
    return latheOnce(
      join(FOLDER, `intents-${context.seed}`),
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
  needs: (context) => ['hf_smollm2', ...COMMANDS].map((path) => inPeers(context, path)),
  async prepare(context) {
    const train = inPeers(context, 'data/commands-train.jsonl');
    const common = ['--max-length', '256', '--no-measure', '--eval-steps', '0'];
    // Both from the same chats, and the large one until it knows more: after 1 pass it knows as much as the small one after 3.
    const full = ['--method', 'full', '--epochs', '3', '--learning-rate', '1e-3', '--batch-size', '2'];
    const small = await latheOnce(
      join(FOLDER, 'commands-small-3'),
      ['finetune', join(ROOT, 'resources/starter/model'), '--data', train, ...full, ...common],
      context,
    );
    const lora = ['--method', 'lora', '--epochs', '2', '--learning-rate', '1e-3', '--batch-size', '2'];
    const tuned = await latheOnce(
      join(FOLDER, 'commands-large-2'),
      ['finetune', inPeers(context, 'hf_smollm2'), '--data', train, ...lora, ...common],
      context,
    );
    const coarse = ['--method', 'rtn', '--bits', '4', '--group-size', '32', '--no-measure'];
    const large = await latheOnce(join(FOLDER, 'commands-large-2-int4'), ['quantize', tuned.out, ...coarse], context);
    const other = keep('commands-other.jsonl', linesOf(inPeers(context, 'data/commands-other.jsonl')).slice(0, 1600));
    const asked = ['--cascade', small.out, '--data', other, '--answer-tokens', '32', '--seed', String(context.seed)];
    return latheOnce(
      join(FOLDER, `commands-${context.seed}`),
      ['adapt', large.out, ...asked, ...promise(0.01, [0.08, 0.7, 0.22])],
      context,
    );
  },
});

export const cascades = [classifiers, chats];
