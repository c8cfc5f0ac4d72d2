/** The server and the drafts: requests together against one after the other, a shared beginning, drafts by look-up. */
import { join } from 'node:path';
import { ROOT } from '../places.mjs';
import { measured } from '../processes.mjs';
import { median } from '../statistics.mjs';
import { ensureModel, modelPath } from './decode.mjs';

const needs = ({ peers }) => [join(peers, 'hf_smollm2')];
const prepare = (context) => ensureModel(context, 'head8');

const run =
  (worker, ...words) =>
  async (context) => {
    const args = [join(ROOT, 'test/bench/workers', worker), modelPath('head8'), String(context.threads), ...words];
    const { json } = await measured(process.execPath, args);
    return {
      values: Object.fromEntries(Object.entries(json).map(([name, values]) => [name, median(values)])),
      rounds: json,
    };
  };
const row = (more) => ({ group: 'decode', needs, prepare, ...more });
const rates = (atLeast) => [
  { metric: 'rate', label: 'tokens a second', unit: '/s', target: { atLeast } },
  { metric: 'cpuRate', label: '  a second of processor time', unit: '/s' },
];

export const serving = [
  row({
    name: 'serve-8',
    title: 'lathe api: 16 chats, 8 at once, int4',
    sides: { lathe: run('lathe-api.mjs', 'chats', '8'), 'one after the other': run('lathe-api.mjs', 'chats', '1') },
    results: rates(2.5),
  }),
  row({
    name: 'serve-prefix',
    title: 'lathe api: first token after 1,000 shared tokens, of the first request’s time',
    sides: { lathe: run('lathe-api.mjs', 'prefix') },
    results: [{ metric: 'share', label: 'share', unit: '', digits: 3, target: { atMost: 0.1, of: 'value' } }],
  }),
  row({
    name: 'speculate-lookup',
    title: 'Answers that quote their prompt, drafts by look-up against none, int4, the same tokens',
    sides: { lathe: run('lathe-speculate.mjs', 'lookup'), 'without drafts': run('lathe-speculate.mjs', 'plain') },
    results: rates(1.5),
  }),
];
