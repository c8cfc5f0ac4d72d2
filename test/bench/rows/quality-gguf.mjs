/**
 * GGUF types as Lathe and as llama.cpp write them: mean divergence from the same model in half precision, both measured by
 * llama.cpp. The starter's rows are multiples of 256, so that k-types are what their names say; both files are equally large.
 * The rows that end in `-imatrix` weigh errors by one importance matrix on both sides, that of `lathe imatrix` on its sample.
 * These figures are the same in every run, so each side is measured once.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measuredOnce } from '../measured-once.mjs';
import { ROOT } from '../places.mjs';
import { measured } from '../processes.mjs';

const [TOKENS, WINDOW] = [8192, 256];
const LATHE = join(ROOT, 'bin/lathe.mjs');
const WORKERS = join(ROOT, 'test/bench/workers');
const tool = ({ peers }) => join(peers, 'gguf_quality');
const text = ({ peers }) => join(peers, 'data/moby_dick.txt');
const libraries = ({ peers }) => join(peers, 'lib');
const lathe = (...args) => measured(process.execPath, [LATHE, ...args, '--json']);
const judge = (context, ...args) =>
  measured(process.execPath, [join(WORKERS, 'gguf-quality.mjs'), tool(context), ...args], {
    env: { GGML_DIR: libraries(context) },
  });

const once = measuredOnce();

/** The half-precision file, the tokens to measure on and the importance matrix, which all rows share. */
const shared = once('shared', async (context) => {
  const work = mkdtempSync(join(tmpdir(), 'lathe-bench-'));
  process.once('exit', () => rmSync(work, { recursive: true }));
  const source = await exported(work, 'f16');
  const [tokens, importance] = [join(work, 'tokens.bin'), join(work, 'imatrix.gguf')];
  await judge(context, 'tokens', source, text(context), tokens, String(TOKENS));
  await lathe('imatrix', 'starter', '--out', importance);
  return { source, tokens, importance };
});

async function exported(work, type, ...more) {
  const out = join(work, type);
  await lathe('export', 'starter', '--target', 'gguf', '--type', type, ...more, '--out', out);
  return join(
    out,
    readdirSync(out).find((name) => name.endsWith('.gguf')),
  );
}

/** @param write gives the path of the quantized file */
const side = (name, write) =>
  once(name, async (context) => {
    const files = await shared(context);
    const work = mkdtempSync(join(tmpdir(), 'lathe-bench-'));
    try {
      const model = await write(context, work, files);
      const sizes = [TOKENS, WINDOW, 1].map(String);
      const { json } = await judge(context, 'eval', files.tokens, ...sizes, files.source, model);
      const { all, bytes } = json.at(-1);
      return { values: { divergence: all.kld, perplexity: all.ppl, kilobytes: bytes / 1e3 } };
    } finally {
      rmSync(work, { recursive: true });
    }
  });

const row = (type, id, weighed) => {
  const name = `quality-gguf-${type}${weighed ? '-imatrix' : ''}`;
  return {
    name,
    group: 'quality',
    title: `GGUF ${type} of the starter model${weighed ? ', with an importance matrix' : ''}`,
    needs: (context) => [tool(context), text(context), libraries(context)],
    sides: {
      lathe: side(`${name} lathe`, (_, work, { importance }) =>
        exported(work, type, ...(weighed ? ['--imatrix', importance] : [])),
      ),
      'llama.cpp': side(`${name} llama.cpp`, async (context, work, { source, importance }) => {
        const model = join(work, 'theirs.gguf');
        const args = [libraries(context), source, model, String(id), ...(weighed ? [importance] : [])];
        await measured(process.execPath, [join(WORKERS, 'llama-quantize.mjs'), ...args]);
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
  };
};

/** The numbers are llama.cpp's `ftype`s. */
const TYPES = {
  q8_0: 7,
  q6_k: 18,
  q5_1: 9,
  q5_k_m: 17,
  q5_k: 16,
  q5_0: 8,
  q4_1: 3,
  q4_k_m: 15,
  q4_k: 14,
  q4_0: 2,
  iq4_nl: 25,
  iq4_xs: 30,
  q3_k_m: 12,
  q3_k: 11,
  q2_k: 10,
};
export const qualityGguf = [false, true].flatMap((weighed) =>
  Object.entries(TYPES)
    // Eight bits are not searched for: nothing is weighed.
    .filter(([type]) => !(weighed && type === 'q8_0'))
    .map(([type, id]) => row(type, id, weighed)),
);
