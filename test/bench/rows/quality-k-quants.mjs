/**
 * Lathe's own mixed precision against llama.cpp's k-quants with an importance matrix, at no more bits a weight, on a model
 * whose rows are multiples of 256. Lathe's size is that of the whole model, llama.cpp's that of its tensors alone. Divergence
 * is taken from the float32 source by `lathe eval` for both, llama.cpp's file imported: its own arithmetic, which rounds
 * activations to int8, is not held against it. These figures are the same in every run, so each side is measured once.
 */
import { join } from 'node:path';
import { measuredOnce } from '../measured-once.mjs';
import { divergence, inFolder, lathe, needs, quantizedByLlama, shared, TOKENS, WINDOW } from '../starter-gguf.mjs';
import { tokensOf, writeTokens } from '../token-files.mjs';

const once = measuredOnce();
const WEIGHTS = 7_344_384;

async function scored(context, work, model, bytes) {
  const windows = join(work, 'windows.safetensors');
  const ids = tokensOf((await shared(context)).tokens, 0, TOKENS);
  writeTokens(windows, { input_ids: ids }, [TOKENS / WINDOW, WINDOW]);
  const stretch = ['--context', String(WINDOW), '--stride', String(WINDOW)];
  const { klDivergence, perplexity } = await lathe(
    'eval',
    model,
    '--text',
    windows,
    ...stretch,
    '--against',
    'starter',
  );
  return { values: { divergence: klDivergence.mean, perplexity, bits: (8 * bytes) / WEIGHTS, kilobytes: bytes / 1e3 } };
}

const theirs = (type, id) =>
  once(`llama.cpp ${type}`, (context) =>
    inFolder(async (work) => {
      const { model, bytes } = await quantizedByLlama(context, work, id, true);
      const folder = join(work, 'imported');
      await lathe('models', 'import', model, '--out', folder);
      return scored(context, work, folder, bytes);
    }),
  );

const ours = (type, id) =>
  once(`lathe ${type}`, (context) =>
    inFolder(async (work) => {
      const { kilobytes } = (await theirs(type, id)(context)).values;
      const model = join(work, 'model');
      const size = ['--target-size', `${Math.floor(kilobytes)}kB`];
      const made = await lathe('quantize', 'starter', ...size, '--no-measure', '--out', model);
      return scored(context, work, model, made.sizeBytesAfter);
    }),
  );

const row = (type, id) => ({
  name: `quality-as-${type}`,
  group: 'quality',
  title: `The starter model in as many bits as llama.cpp's ${type} with an importance matrix`,
  needs,
  sides: { lathe: ours(type, id), [`llama.cpp ${type}`]: theirs(type, id) },
  results: [
    divergence('divergence from the source'),
    { metric: 'perplexity', label: '  perplexity', unit: '', digits: 2, higherIsBetter: false },
    { metric: 'bits', label: '  bits a weight', unit: '', digits: 2, higherIsBetter: false },
    { metric: 'kilobytes', label: '  size', unit: 'kB', digits: 0, higherIsBetter: false },
  ],
});

export const qualityKQuants = [row('q4_k_m', 15), row('q3_k_m', 12)];
