/**
 * int8 of a classifier made from MiniLM: points of accuracy lost against float32, on the sample of smart-home intents (every
 * second row is learnt from, the others are asked) and on mails (1,200 and 300). Ranges come from the texts that were learnt
 * from. These figures are the same in every run, so each side is measured once.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measuredOnce } from '../measured-once.mjs';
import { ROOT } from '../places.mjs';
import { measured } from '../processes.mjs';

const LATHE = join(ROOT, 'bin/lathe.mjs');
const minilm = ({ peers }) => join(peers, 'hf_minilm');
const mails = ({ peers }, part) => join(peers, `data/spam_${part}.jsonl`);
const lathe = async ({ threads }, ...args) =>
  (await measured(process.execPath, [LATHE, ...args, '--threads', String(threads), '--json'])).json;

const once = measuredOnce();

/** A classifier of each task in float32, and the texts to ask it. */
const tasks = once('tasks', async (context) => {
  const work = mkdtempSync(join(tmpdir(), 'lathe-bench-'));
  process.once('exit', () => rmSync(work, { recursive: true }));
  const rows = readFileSync(join(ROOT, 'resources/data/intents.jsonl'), 'utf8').trim().split('\n');
  const intents = [0, 1].map((half) => {
    const file = join(work, `intents-${half}.jsonl`);
    writeFileSync(file, rows.filter((_, i) => i % 2 === half).join('\n'));
    return file;
  });
  const made = {};
  for (const [task, [data, asked]] of Object.entries({
    intents,
    mails: ['train', 'test'].map((part) => mails(context, part)),
  })) {
    const model = join(work, task);
    await lathe(context, 'transfer', minilm(context), '--data', data, '--eval', asked, '--out', model);
    made[task] = { model, data, asked, accuracy: (await lathe(context, 'eval', model, '--data', asked)).accuracy };
  }
  return made;
});

const int8 = (name, flags) =>
  once(name, async (context) => {
    const values = {};
    for (const [task, { model, data, asked, accuracy }] of Object.entries(await tasks(context))) {
      const work = mkdtempSync(join(tmpdir(), 'lathe-bench-'));
      try {
        const out = join(work, 'model');
        await lathe(context, 'quantize', model, ...flags, '--data', data, '--out', out);
        const found = await lathe(context, 'eval', out, '--data', asked);
        values[task] = 100 * found.accuracy;
        values[`${task} lost`] = 100 * (accuracy - found.accuracy);
      } finally {
        rmSync(work, { recursive: true });
      }
    }
    return { values };
  });

const float32 = once('float32', async (context) => ({
  values: Object.fromEntries(
    Object.entries(await tasks(context)).map(([task, { accuracy }]) => [task, 100 * accuracy]),
  ),
}));

const row = (name, flags) => ({
  name: `quality-int8-${name}`,
  group: 'quality',
  title: `MiniLM classifiers in int8: ${flags.slice(1).join(' ')}`,
  needs: (context) => [minilm(context), mails(context, 'train'), mails(context, 'test')],
  sides: { lathe: int8(name, flags), float32 },
  results: ['intents', 'mails'].flatMap((task) => [
    { metric: task, label: `accuracy, ${task}`, unit: '%', digits: 2 },
    {
      metric: `${task} lost`,
      label: '  points lost',
      unit: '',
      digits: 2,
      higherIsBetter: false,
      target: { atMost: 0.5, of: 'value' },
    },
  ]),
});

export const qualityInt8 = [
  row('dynamic', ['--method', 'dynamic']),
  row('static', ['--method', 'static']),
  row('minmax', ['--method', 'static', '--ranges', 'minmax']),
  row('percentile', ['--method', 'static', '--ranges', 'percentile']),
  row('entropy', ['--method', 'static', '--ranges', 'entropy']),
  row('smooth', ['--method', 'static', '--smooth', '0.5']),
  row('smooth-dynamic', ['--method', 'dynamic', '--smooth', '0.5']),
];
