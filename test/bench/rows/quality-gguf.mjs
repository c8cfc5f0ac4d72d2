/**
 * GGUF types as Lathe and as llama.cpp write them: mean divergence from the same model in half precision, both measured by
 * llama.cpp. The starter's rows are multiples of 256, so that k-types are what their names say; both files are equally large.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../places.mjs';
import { measured } from '../processes.mjs';

const [TOKENS, WINDOW] = [8192, 256];
const LATHE = join(ROOT, 'bin/lathe.mjs');
const WORKER = join(ROOT, 'test/bench/workers/gguf-quality.mjs');
const tool = ({ peers }) => join(peers, 'gguf_quality');
const text = ({ peers }) => join(peers, 'data/moby_dick.txt');
const llamaEnv = ({ peers }) => ({ env: { GGML_DIR: join(peers, 'lib') } });
const run = (context, ...args) => measured(process.execPath, [WORKER, tool(context), ...args], llamaEnv(context));

async function exported(work, type) {
  const out = join(work, type);
  await measured(process.execPath, [
    LATHE,
    'export',
    'starter',
    '--target',
    'gguf',
    '--type',
    type,
    '--out',
    out,
    '--json',
  ]);
  return join(
    out,
    readdirSync(out).find((name) => name.endsWith('.gguf')),
  );
}

/** @param write gives the path of the quantized file */
const side = (write) => async (context) => {
  const work = mkdtempSync(join(tmpdir(), 'lathe-bench-'));
  try {
    const source = await exported(work, 'f16');
    const model = await write(context, work, source);
    const tokens = join(work, 'tokens.bin');
    await run(context, 'tokens', source, text(context), tokens, String(TOKENS));
    const { json } = await run(context, 'eval', tokens, ...[TOKENS, WINDOW, 1].map(String), source, model);
    const { all, bytes } = json.at(-1);
    return { values: { divergence: all.kld, perplexity: all.ppl, kilobytes: bytes / 1e3 } };
  } finally {
    rmSync(work, { recursive: true });
  }
};

const row = (type, id) => ({
  name: `quality-gguf-${type}`,
  group: 'quality',
  title: `GGUF ${type} of the starter model`,
  needs: (context) => [tool(context), text(context)],
  sides: {
    lathe: side((_, work) => exported(work, type)),
    'llama.cpp': side(async (context, work, source) => {
      const model = join(work, 'theirs.gguf');
      await run(context, 'quant', source, model, String(id), '1');
      return model;
    }),
  },
  results: [
    {
      metric: 'divergence',
      label: 'divergence from half precision',
      unit: 'nats',
      digits: 5,
      higherIsBetter: false,
      target: { atMost: 1, of: 'ratio' },
    },
    {
      metric: 'perplexity',
      label: '  perplexity',
      unit: '',
      digits: 2,
      higherIsBetter: false,
      target: { atMost: 1.005, of: 'ratio' },
    },
    { metric: 'kilobytes', label: '  size of the file', unit: 'kB', digits: 0, higherIsBetter: false },
  ],
});

/** The numbers are llama.cpp's `ftype`s. */
export const qualityGguf = [
  row('q6_k', 18),
  row('q5_k_m', 17),
  row('q4_k_m', 15),
  row('q4_0', 2),
  row('iq4_xs', 30),
  row('q3_k_m', 12),
  row('q2_k', 10),
];
