/**
 * How much a model of a given size has lost: mean divergence from the float32 source over the first 4,096 tokens of Moby
 * Dick in 8 windows of 512, every position, on a SmolLM2 that lies on nobody's grid; beside llama.cpp's files of that size.
 * These figures are the same in every run, so each side is measured once.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measuredOnce } from '../measured-once.mjs';
import { ROOT } from '../places.mjs';
import { measured } from '../processes.mjs';
import { tokensOf, writeTokens } from '../token-files.mjs';

const TOKENS = 4096;
const WINDOW = 512;
const LATHE = join(ROOT, 'bin/lathe.mjs');
const source = ({ peers }) => join(peers, 'hf_smollm2_offgrid');
const tokens = ({ peers }) => join(peers, 'data/moby_tokens.bin');
const tool = ({ peers }) => join(peers, 'gguf_quality');
const gguf = ({ peers }, type) => join(peers, `smollm2_offgrid-${type}.gguf`);

/** The windows as a safetensors file that `lathe eval` reads. */
const writeWindows = (context, path) =>
  writeTokens(path, { input_ids: tokensOf(tokens(context), 0, TOKENS) }, [TOKENS / WINDOW, WINDOW]);

const once = measuredOnce();

/** Perplexity of the source on these windows. */
const SOURCE = 60.506;

/** @param flags of `lathe quantize`, or what gives them from the context */
const lathe = (name, flags) =>
  once(name, async (context) => {
    const given = typeof flags === 'function' ? await flags(context) : flags;
    const work = mkdtempSync(join(tmpdir(), 'lathe-bench-'));
    try {
      const model = join(work, 'model');
      const windows = join(work, 'windows.safetensors');
      writeWindows(context, windows);
      const threads = ['--threads', String(context.threads), '--json'];
      const made = await measured(
        process.execPath,
        [LATHE, 'quantize', source(context), ...given, '--no-measure', '--out', model, ...threads],
        { limitSeconds: 7200 },
      );
      const stretch = ['--context', String(WINDOW), '--stride', String(WINDOW)];
      const scored = await measured(
        process.execPath,
        [LATHE, 'eval', model, '--text', windows, ...stretch, '--against', source(context), ...threads],
        { limitSeconds: 3600 },
      );
      return {
        values: {
          divergence: scored.json.klDivergence.mean,
          perplexity: scored.json.perplexity,
          lost: scored.json.perplexity - SOURCE,
          megabytes: made.json.sizeBytesAfter / 1e6,
          minutes: made.cpuSeconds / 60,
        },
      };
    } finally {
      rmSync(work, { recursive: true });
    }
  });

const llama = (type) =>
  once(type, async (context) => {
    const models = [gguf(context, 'f16'), gguf(context, type)];
    const sizes = [TOKENS, WINDOW, context.threads].map(String);
    const args = [join(ROOT, 'test/bench/workers/gguf-quality.mjs'), tool(context), 'eval', tokens(context)];
    const env = { GGML_DIR: join(context.peers, 'lib') };
    const { json } = await measured(process.execPath, [...args, ...sizes, ...models], { env });
    const { all, bytes } = json.at(-1);
    return { values: { divergence: all.kld, perplexity: all.ppl, megabytes: bytes / 1e6 } };
  });

const row = (name, size, atMost, types) => ({
  name,
  group: 'quality',
  title: `SmolLM2-135M in at most ${size}`,
  needs: (context) => [source(context), tokens(context), tool(context), ...types.map((type) => gguf(context, type))],
  sides: {
    lathe: lathe(name, ['--target-size', size]),
    ...Object.fromEntries(types.map((type) => [`llama.cpp ${type}`, llama(type)])),
  },
  results: [
    {
      metric: 'divergence',
      label: 'divergence from the source',
      unit: 'nats',
      digits: 4,
      higherIsBetter: false,
      target: { atMost, of: 'value' },
    },
    { metric: 'perplexity', label: '  perplexity (source: 60.51)', unit: '', digits: 2, higherIsBetter: false },
    { metric: 'megabytes', label: '  size of the model', unit: 'MB', digits: 1, higherIsBetter: false },
    { metric: 'minutes', label: '  processor time of quantizing', unit: 'min', digits: 1, higherIsBetter: false },
  ],
});

const ownRow = (name, title, sides, target) => ({
  name,
  group: 'quality',
  title,
  needs: (context) => [source(context), tokens(context)],
  sides,
  results: [
    { metric: 'divergence', label: 'divergence from the source', unit: 'nats', digits: 4, higherIsBetter: false },
    { metric: 'lost', label: '  perplexity lost (source: 60.51)', unit: '', digits: 2, higherIsBetter: false },
    { metric: 'megabytes', label: '  size of the model', unit: 'MB', digits: 1, higherIsBetter: false },
    { metric: 'minutes', label: '  processor time of quantizing', unit: 'min', digits: 1, higherIsBetter: false },
  ].map((result) => (result.metric === target?.metric ? { ...result, target: { atMost: target.atMost } } : result)),
});

/** Every matrix in 4 bits with a float16 scale for 32 weights: 4.5 bits a weight. */
const uniform = lathe('uniform', [
  '--method',
  'gptq',
  '--bits',
  '4',
  '--embedding-bits',
  '4',
  '--symmetric',
  '--scales',
  'float16',
]);
const asLargeAs = (side) => async (context) => [
  '--target-size',
  `${Math.floor(1000 * (await side(context)).values.megabytes)}kB`,
];
const gptq3 = ['--method', 'gptq', '--bits', '3'];
const nearest3 = ['--bits', '3'];
/** They learn from chapters 91 to 115 (the sample text), and what is measured is chapter 1 on. */
const recovered = (steps) => ['--recover-steps', String(steps)];
const dynamic = ['--method', 'dynamic'];

export const quality = [
  row('quality-92', '92MB', 0.12, ['q4_0', 'iq4_nl']),
  row('quality-105', '105.5MB', 0.045, ['q4_k_m']),
  ownRow(
    'quality-int4',
    'SmolLM2-135M in 4 bits, groups of 32: GPTQ against rounding to nearest',
    { lathe: lathe('gptq4', ['--method', 'gptq', '--bits', '4']), rounded: lathe('rtn4', ['--bits', '4']) },
    { metric: 'lost', atMost: 0.5 },
  ),
  ownRow(
    'quality-mixed',
    'SmolLM2-135M in 4.5 bits a weight: mixed against uniform, both GPTQ',
    { lathe: lathe('mixed', asLargeAs(uniform)), uniform },
    { metric: 'divergence', atMost: 0.8 },
  ),
  ownRow(
    'quality-recovery',
    'SmolLM2-135M in 3 bits by GPTQ, recovered against not',
    { lathe: lathe('recovered', [...gptq3, ...recovered(80)]), plain: lathe('gptq3', gptq3) },
    { metric: 'lost', atMost: 0.5 },
  ),
  ownRow(
    'quality-recovery-rtn',
    'SmolLM2-135M in 3 bits to nearest, recovered against not',
    { lathe: lathe('recovered-rtn3', [...nearest3, ...recovered(40)]), plain: lathe('rtn3', nearest3) },
    { metric: 'lost', atMost: 0.5 },
  ),
  ownRow('quality-smooth', 'SmolLM2-135M in dynamic int8: smoothed against not', {
    lathe: lathe('smooth', [...dynamic, '--smooth', '0.5']),
    plain: lathe('dynamic', dynamic),
  }),
  ...[4, 3].map((bits) =>
    ownRow(`quality-rotate-${bits}`, `SmolLM2-135M in ${bits} bits to nearest: rotated against not`, {
      lathe: lathe(`rotated${bits}`, ['--bits', String(bits), '--rotate']),
      plain: lathe(`rtn${bits}`, ['--bits', String(bits)]),
    }),
  ),
];
