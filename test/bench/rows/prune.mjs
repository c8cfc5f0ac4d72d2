/**
 * What pruning costs SmolLM2-135M on the first 4,096 tokens of Moby Dick in 8 windows of 512 (60.51 before), beside plain
 * PyTorch. Importance is found on 4,096 tokens from the middle of the book, recovery learns from all that follows the scored
 * tokens. These figures hardly differ from run to run, so each side is measured once; speeds are ratios taken in turns.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measuredOnce } from '../measured-once.mjs';
import { pythonIn, RESULTS, ROOT } from '../places.mjs';
import { measured } from '../processes.mjs';
import { median } from '../statistics.mjs';
import { readFloats, tokensOf, writeTokens } from '../token-files.mjs';

const LATHE = join(ROOT, 'test/bench/workers/lathe-line.mjs');
const source = ({ peers }) => join(peers, 'hf_smollm2');
const book = ({ peers }) => join(peers, 'data/moby_tokens.bin');
const WHOLE = 60.505;
const SCORED = 4096;
const [ROWS, LENGTH] = [4, 256];
/** Of recovery, and as many batches, each seen once. */
const STEPS = 120;

const lathe = ({ threads }, words, limitSeconds = 3600) =>
  measured(process.execPath, [LATHE, ...words, '--threads', String(threads), '--json'], {
    limitSeconds,
    env: { LATHE_HOME: join(RESULTS, 'prune', 'home') },
  });

/** Files that all rows read. */
function files(context) {
  const folder = join(RESULTS, 'prune');
  mkdirSync(folder, { recursive: true });
  const names = ['scored', 'shown', 'learnt'];
  const paths = Object.fromEntries(names.map((name) => [name, join(folder, `${name}.safetensors`)]));
  writeTokens(paths.scored, { input_ids: tokensOf(book(context), 0, SCORED) }, [8, 512]);
  writeTokens(paths.shown, { input_ids: tokensOf(book(context), 200_000, 4096) }, [16, LENGTH]);
  const rest = tokensOf(book(context), SCORED);
  const rows = spread(rest, STEPS);
  writeTokens(paths.learnt, { input_ids: rows, labels: rows }, [rows.length / ROWS / LENGTH, ROWS, LENGTH]);
  return paths;
}

/** Rows of the text in an order in which neighbours are far apart, the same in every run. */
function spread(tokens, steps) {
  const count = steps * ROWS;
  const rows = new Int32Array(count * LENGTH);
  const stride = coprime(Math.round(count * 0.618) | 1, count);
  for (let i = 0; i < count; i++) {
    const place = (i * stride) % count;
    rows.set(tokens.subarray(place * LENGTH, (place + 1) * LENGTH), i * LENGTH);
  }
  return rows;
}

function coprime(from, count) {
  const divisor = (a, b) => (b === 0 ? a : divisor(b, a % b));
  let stride = from;
  while (divisor(stride, count) !== 1) stride += 1;
  return stride;
}

async function perplexityOf(context, model, { scored }) {
  const stretch = ['--context', '512', '--stride', '512'];
  return (await lathe(context, ['eval', model, '--text', scored, ...stretch])).json.perplexity;
}

async function pruned(context, words, work) {
  const temporary = mkdtempSync(join(tmpdir(), 'lathe-prune-'));
  try {
    const paths = files(context);
    const model = join(temporary, 'model');
    const made = await lathe(context, ['prune', source(context), ...words(paths), '--no-measure', '--out', model]);
    return await work({ model, paths, made, temporary });
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

const once = measuredOnce();

const torch = (method) =>
  once(`torch ${method}`, async (context) => {
    const script = join(ROOT, 'test/bench/workers/torch_prune.py');
    const args = [script, source(context), book(context), String(context.threads), method];
    const env = { OMP_WAIT_POLICY: 'PASSIVE' };
    return { values: (await measured(pythonIn(join(context.peers, 'venv')), args, { env, limitSeconds: 3600 })).json };
  });

const needs = (context) => [source(context), book(context), pythonIn(join(context.peers, 'venv'))];

/** One search gives the layers of all three: they are given up one after the other. */
const depth = {
  name: 'quality-prune-depth',
  group: 'quality',
  title: 'SmolLM2-135M without 3, 6, 9 of 30 layers, nothing learnt afterwards (60.51 with all)',
  needs,
  sides: {
    lathe: once('depth', (context) =>
      pruned(
        context,
        ({ shown }) => ['--method', 'depth', '--amount', '9', '--data', shown],
        async ({ model, paths, made, temporary }) => {
          const values = { without9: await perplexityOf(context, model, paths) };
          for (const count of [3, 6]) {
            const layers = made.json.removed.layers.slice(0, count).join(',');
            const out = join(temporary, String(count));
            await lathe(context, ['prune', source(context), '--layers', layers, '--no-measure', '--out', out]);
            values[`without${count}`] = await perplexityOf(context, out, paths);
          }
          return { values, note: `layers ${made.json.removed.layers.join(', ')}` };
        },
      ),
    ),
    'PyTorch, block influence': torch('depth'),
  },
  results: [3, 6, 9].map((count) => ({
    metric: `without${count}`,
    label: `perplexity without ${count}`,
    unit: '',
    digits: 1,
    higherIsBetter: false,
    target: { atMost: { 3: 85.6, 6: 127.8, 9: 211.7 }[count], of: 'value' },
  })),
};

const sparse = (method, against) => ({
  name: `quality-prune-${method}`,
  group: 'quality',
  title: `SmolLM2-135M with half of its single weights, by ${method} (60.51 with all)`,
  needs,
  sides: {
    lathe: once(method, (context) =>
      pruned(
        context,
        ({ shown }) => ['--method', method, '--data', shown],
        async ({ model, paths }) => ({ values: { perplexity: await perplexityOf(context, model, paths) } }),
      ),
    ),
    [`PyTorch, ${against}`]: torch(against),
  },
  results: [
    {
      metric: 'perplexity',
      label: 'perplexity',
      unit: '',
      digits: 1,
      higherIsBetter: false,
      target: { atMost: 1.01, of: 'ratio' },
    },
  ],
});

const DOMAIN = join(ROOT, 'resources/data/moby-dick-train.txt');

/** New id -> old id of every token of a pruned tokenizer. */
function oldIds(whole, less) {
  const idsOf = (folder) => {
    const { model, added_tokens: added } = JSON.parse(readFileSync(join(folder, 'tokenizer.json'), 'utf8'));
    return new Map([...Object.entries(model.vocab), ...added.map(({ content, id }) => [content, id])]);
  };
  const [before, after] = [idsOf(whole), idsOf(less)];
  const old = new Int32Array(after.size);
  for (const [token, id] of after) old[id] = before.get(token);
  return old;
}

/** Perplexity of the domain's first 512 tokens, over the tokens `kept` alone. */
async function perplexityAmong(context, folder, kept, work) {
  const texts = join(work, 'texts.json');
  writeFileSync(texts, JSON.stringify([readFileSync(DOMAIN, 'utf8').slice(0, 20_000)]));
  const ids = Int32Array.from((await lathe(context, ['tokenize', folder, '--input', texts])).json.ids[0].slice(0, 512));
  const [given, out] = [join(work, 'ids.safetensors'), join(work, 'logits.safetensors')];
  writeTokens(given, { input_ids: ids }, [1, ids.length]);
  await lathe(context, ['logits', folder, '--ids', given, '--out', out]);
  const { data, shape } = readFloats(out, 'logits');
  const vocabulary = shape.at(-1);
  let nats = 0;
  for (let t = 0; t + 1 < ids.length; t++) {
    const at = (id) => data[t * vocabulary + id];
    const most = kept.reduce((m, id) => Math.max(m, at(id)), Number.NEGATIVE_INFINITY);
    nats += most + Math.log(kept.reduce((sum, id) => sum + Math.exp(at(id) - most), 0)) - at(ids[t + 1]);
  }
  return Math.exp(nats / (ids.length - 1));
}

const vocabulary = {
  name: 'quality-prune-vocabulary',
  group: 'quality',
  title: 'SmolLM2-135M with the tokens of 25 chapters of Moby Dick, a safety set and no others',
  needs: (context) => [source(context)],
  sides: {
    lathe: once('vocabulary', (context) =>
      pruned(
        context,
        () => ['--method', 'vocabulary', '--data', DOMAIN],
        async ({ model, made, temporary }) => {
          const { tokens, of } = made.json.removed;
          const old = oldIds(source(context), model);
          const all = [...Array(of).keys()];
          const whole = await perplexityAmong(context, source(context), [...old], temporary);
          const open = await perplexityAmong(context, source(context), all, temporary);
          const less = await perplexityAmong(context, model, [...old.keys()], temporary);
          const note = `${of} -> ${of - tokens} tokens; perplexity ${open.toFixed(3)} over all, ${less.toFixed(3)} over those kept`;
          return { note, values: { smaller: of / (of - tokens), changed: 1e6 * Math.abs(less / whole - 1) } };
        },
      ),
    ),
  },
  results: [
    { metric: 'smaller', label: 'embedding, times smaller', unit: 'x', digits: 2, target: { atLeast: 4, of: 'value' } },
    {
      metric: 'changed',
      label: 'perplexity over the kept tokens changed by',
      unit: 'ppm',
      digits: 2,
      target: { atMost: 100, of: 'value' },
    },
  ],
};

/** Decoding speed of two models in turns, as a ratio. */
async function faster(context, small, whole, rounds = 5) {
  const speed = async (model) =>
    (await lathe(context, ['profile', model, '--contexts', '64', '--repeat', '3'])).json.contexts[0]
      .decodeTokensPerSecond;
  const ratios = [];
  for (let i = 0; i < rounds; i++) {
    const pair = i % 2 === 0 ? [small, whole] : [whole, small];
    const speeds = new Map();
    for (const model of pair) speeds.set(model, await speed(model));
    ratios.push(speeds.get(small) / speeds.get(whole));
  }
  return median(ratios);
}

const recovered = {
  name: 'quality-prune',
  group: 'quality',
  title: 'SmolLM2-135M without 8 of 30 layers (27 % of its weights beside the embedding), recovered',
  needs: (context) => [source(context), book(context)],
  sides: {
    lathe: once('recovered', async (context) => {
      const begin = performance.now();
      return pruned(
        context,
        ({ learnt }) => [
          '--method',
          'depth',
          '--amount',
          '8',
          '--data',
          learnt,
          '--recover',
          'distill',
          '--recover-steps',
          String(STEPS),
        ],
        async ({ model, paths, made, temporary }) => {
          const minutes = (performance.now() - begin) / 60_000;
          const bare = join(temporary, 'bare');
          const layers = made.json.removed.layers.join(',');
          await lathe(context, ['prune', source(context), '--layers', layers, '--no-measure', '--out', bare]);
          const [lost, after] = [await perplexityOf(context, bare, paths), await perplexityOf(context, model, paths)];
          const embedding = 49152 * 576;
          const { parametersBefore, parametersAfter, sizeBytesBefore, sizeBytesAfter } = made.json;
          return {
            note: `perplexity ${WHOLE} -> ${lost.toFixed(1)} -> ${after.toFixed(1)}, layers ${layers}`,
            values: {
              regained: (100 * (Math.log(lost) - Math.log(after))) / (Math.log(lost) - Math.log(WHOLE)),
              removed: (100 * (parametersBefore - parametersAfter)) / (parametersBefore - embedding),
              faster: await faster(context, model, source(context)),
              smaller: 100 * (1 - sizeBytesAfter / sizeBytesBefore),
              minutes,
            },
          };
        },
      );
    }),
  },
  results: [
    {
      metric: 'regained',
      label: 'of the lost log-perplexity regained',
      unit: '%',
      target: { atLeast: 60, of: 'value' },
    },
    {
      metric: 'removed',
      label: '  of the weights beside the embedding removed',
      unit: '%',
      target: { atLeast: 25, of: 'value' },
    },
    {
      metric: 'faster',
      label: '  decoding at context 64',
      unit: 'x',
      digits: 2,
      target: { atLeast: 1.25, of: 'value' },
    },
    { metric: 'smaller', label: '  files smaller', unit: '%', target: { atLeast: 20, of: 'value' } },
    { metric: 'minutes', label: '  finding, teacher and learning', unit: 'min', target: { atMost: 30, of: 'value' } },
  ],
};

export const pruning = [
  recovered,
  depth,
  sparse('wanda', 'wanda'),
  sparse('sparsegpt', 'wanda'),
  sparse('magnitude', 'magnitude'),
  vocabulary,
];
