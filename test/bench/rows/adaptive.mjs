/**
 * Computation that follows the input, against the whole model and against the best fixed layer, by the clock and in turns:
 * an easy task (spam; real people's mail, for tests only), a hard one (which part of a book a verse is from), and a decoder
 * on text of its domain. What is adapted is kept, by its seed: only times are taken anew in every repeat. `--seed` draws other
 * rows to learn from, prove and check on: rules that were chosen while looking at one split are judged on another.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { latheOnce } from '../lathe-once.mjs';
import { RESULTS, ROOT } from '../places.mjs';
import { measured } from '../processes.mjs';

const FOLDER = join(RESULTS, 'adaptive');
const minilm = ({ peers }) => join(peers, 'hf_minilm');
const smollm2 = ({ peers }) => join(peers, 'hf_smollm2');

/** Mails with their subjects. */
const spam = ({ peers }) =>
  readFileSync(join(peers, 'data/spam_assassin.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .map(({ subject, text, label }) => ({ text: `${subject} ${text}`, label }));

/** Verses by the part of the book they are from: gospels, history and letters in six groups. */
const PARTS = [2900, 3779, 4786, 6819, 7553];
const verses = ({ peers }) =>
  readFileSync(join(peers, 'data/bible_en_es.tsv'), 'utf8')
    .trim()
    .split('\n')
    .map((line, i) => ({ text: line.split('\t')[0], label: `part ${1 + PARTS.filter((end) => i >= end).length}` }));

/** Adapts once, with the settings that the row states. */
async function adaptOnce(name, model, data, flags, context) {
  const { seed } = context;
  const words = ['adapt', model, '--data', data, '--seed', String(seed), ...flags];
  return { ...(await latheOnce(join(FOLDER, `${name}-${seed}`), words, context)), data };
}

const PROMISE = ['--max-loss', '0.005', '--confidence', '0.95'];

/** @param rows of the context */
const prepareClassifier = (name, rows, file) => ({
  needs: (context) => [minilm(context), join(context.peers, 'data', file)],
  async prepare(context) {
    const data = join(FOLDER, `${name}.jsonl`);
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(
      data,
      rows(context)
        .map((row) => JSON.stringify(row))
        .join('\n'),
    );
    return adaptOnce(name, minilm(context), data, PROMISE, context);
  },
});

const classifier = (name, title, rows, file, faster) => ({
  name,
  group: 'adaptive',
  title,
  ...prepareClassifier(name, rows, file),
  sides: {
    async lathe({ prepared, threads }) {
      const worker = join(ROOT, 'test/bench/workers/lathe-exits.mjs');
      const sample = await measured(process.execPath, [worker, prepared.out, prepared.data, String(threads)]);
      const { report } = prepared;
      const lost = 100 * (report.metric.full - report.metric.adaptive);
      const note = `${report.meanLayersUsed.toFixed(2)} of ${report.layers} layers; best fixed layer ${report.bestFixed.layer}`;
      return { ...sample, note, values: { ...sample.json, lost } };
    },
  },
  results: [
    {
      metric: 'speedup',
      label: 'against the whole model',
      unit: 'x',
      digits: 2,
      target: { atLeast: faster, of: 'value' },
    },
    {
      metric: 'overFixed',
      label: 'against the best fixed layer',
      unit: 'x',
      digits: 2,
      target: { atLeast: 1, of: 'value' },
    },
    { metric: 'lost', label: 'lost on held-out rows', unit: 'points', digits: 2, target: { atMost: 0.5, of: 'value' } },
    { metric: 'overhead', label: 'branches, when every layer runs', unit: '%', target: { atMost: 5, of: 'value' } },
  ],
});

/** The exported file of the classifier of mails, in Chromium. */
const web = {
  name: 'adaptive-web',
  group: 'adaptive',
  title: 'The same classifier of mails as one file in onnxruntime-web (Chromium, one thread)',
  ...prepareClassifier('adaptive-easy', spam, 'spam_assassin.jsonl'),
  sides: {
    async lathe({ prepared: { out, data, report } }) {
      const worker = join(ROOT, 'test/bench/workers/lathe-web-exits.mjs');
      const sample = await measured(process.execPath, [worker, out, data, report.onnx]);
      const { early, texts, layersOfEasy, wholeMs } = sample.json;
      const note = `${(100 * early).toFixed(0)} % of ${texts} mails leave early, after ${layersOfEasy.toFixed(2)} layers; whole model ${wholeMs.toFixed(0)} ms`;
      return { ...sample, note, values: sample.json };
    },
  },
  results: [
    {
      metric: 'easy',
      label: 'mails that leave early, against the whole model',
      unit: 'x',
      digits: 2,
      target: { atLeast: 1.2, of: 'value' },
    },
    { metric: 'easyNever', label: '  against the same file with every layer run', unit: 'x', digits: 2 },
    { metric: 'all', label: 'all mails, against the whole model', unit: 'x', digits: 2 },
    {
      metric: 'same',
      label: 'same answers after the same layers',
      unit: '',
      digits: 3,
      target: { atLeast: 1, of: 'value' },
    },
    { metric: 'overhead', label: 'branches, when every layer runs', unit: '%' },
  ],
};

/** 60,000 tokens of the book are learnt from; the promise takes 406 windows at least, here 781. */
const DOMAIN = [
  ...['--max-loss', '0.01', '--confidence', '0.95', '--exits', '22,26,28', '--window', '32'],
  ...['--tokens', '100000', '--calibration', '0.25', '--tuning', '0.06', '--held-out', '0.09'],
];

const novel = ({ peers }) => join(peers, 'data/moby_dick.txt');
const decoderNeeds = (context) => [smollm2(context), novel(context)];
const adaptDecoder = (context) => adaptOnce('decoder', smollm2(context), novel(context), DOMAIN, context);

const decoderSides = {
  async lathe({ prepared: { report } }) {
    const agreement = Object.fromEntries(report.exits.map(({ layer, agreement }) => [`agree${layer}`, agreement]));
    const { exit, shortlist } = report.answered;
    const note = `${(100 * exit).toFixed(0)} % by the exit after ${report.thresholds.layer}, ${(100 * shortlist).toFixed(0)} % by the short list`;
    const means = Object.fromEntries(report.means.map(({ name, speedup }) => [name, speedup]));
    const lost = 100 * report.guarantee.heldOut.loss;
    return { note, values: { ...means, speedup: report.speedup, lost, ...agreement } };
  },
};

/** @param targets least times as fast: all means together, the short list alone, exits alone */
const decoderResults = ({ speedup, shortlist, exitsAlone }) => {
  const atLeast = (least) => (least === undefined ? {} : { target: { atLeast: least, of: 'value' } });
  const times = { unit: 'x', digits: 2 };
  return [
    { metric: 'speedup', label: 'against the whole model', ...times, ...atLeast(speedup) },
    { metric: 'shortlist', label: 'the short list alone', ...times, ...atLeast(shortlist) },
    { metric: 'exitsAlone', label: 'exits alone, at a promise of their own', ...times, ...atLeast(exitsAlone) },
    { metric: 'exits', label: 'short list and exits, no drafts', ...times },
    {
      metric: 'lost',
      label: 'lost on held-out windows',
      unit: 'points',
      digits: 2,
      target: { atMost: 1, of: 'value' },
    },
  ];
};

const decoder = {
  name: 'adaptive-decoder',
  group: 'adaptive',
  title: 'SmolLM2-135M float32 on a novel, at most 1 point of accuracy lost',
  needs: decoderNeeds,
  prepare: adaptDecoder,
  sides: decoderSides,
  results: [
    ...decoderResults({ speedup: 1.3, shortlist: 1.15, exitsAlone: 1.08 }),
    {
      metric: 'agree22',
      label: 'exit after 22 of 30 agrees',
      unit: '',
      digits: 3,
      target: { atLeast: 0.55, of: 'value' },
    },
    { metric: 'agree26', label: 'exit after 26', unit: '', digits: 3, target: { atLeast: 0.67, of: 'value' } },
    { metric: 'agree28', label: 'exit after 28', unit: '', digits: 3, target: { atLeast: 0.75, of: 'value' } },
  ],
};

/** Its exits, kept as the weights go into 4 bits; the promise is proved again, of those weights. */
const decoderInt4 = {
  name: 'adaptive-decoder-int4',
  group: 'adaptive',
  title: 'The same in int4, with the exits of the float32 model, promised against the int4 model',
  needs: decoderNeeds,
  async prepare(context) {
    const { out } = await adaptDecoder(context);
    const name = (what) => join(FOLDER, `${what}-${context.seed}`);
    const bits = ['--method', 'rtn', '--bits', '4', '--group-size', '32', '--no-measure'];
    const coarse = await latheOnce(name('decoder-int4'), ['quantize', out, ...bits], context);
    const proof = ['--keep-exits', '--max-loss', '0.01', '--confidence', '0.95'];
    return latheOnce(name('decoder-int4-adaptive'), ['adapt', coarse.out, '--data', novel(context), ...proof], context);
  },
  sides: decoderSides,
  results: decoderResults({}),
};

export const adaptive = [
  classifier('adaptive-easy', 'MiniLM finds spam, at most half a point lost', spam, 'spam_assassin.jsonl', 2.2),
  classifier('adaptive-hard', 'MiniLM places verses in six parts of a book', verses, 'bible_en_es.tsv', 1.25),
  web,
  decoder,
  decoderInt4,
];
