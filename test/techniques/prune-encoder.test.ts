/** Encoders lose layers and neurons really, and classifiers learn again what they forgot. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { pruneEncoder, scoreOf } from '../../app/cli/prune-encoder.ts';
import { openModel } from '../../app/models/model.ts';
import { runModel } from '../../app/models/score.ts';
import { readFloats } from '../../app/models/weights/constants.ts';
import { writeModelFolder } from '../../app/models/write-folder.ts';
import { prune } from '../../app/techniques/prune/prune.ts';
import { type PruneOptions, pruneSchema } from '../../app/techniques/prune/schema.ts';
import { int64 } from '../../app/tensor/tensor.ts';
import { quietContext } from '../cli/quiet-context.ts';
import { ARCHITECTURE_CASES } from '../fixtures/architecture-cases.ts';
import { writeWordTokenizer } from '../models/word-tokenizer.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-encoder-'));
afterAll(() => rm(work, { recursive: true }));
const IDS = Array.from({ length: 24 }, (_, i) => 2 + ((7 * i * i + 3 * i) % 40));
const calibration = { calibration: async () => [IDS], threads: 1 };
let counter = 0;

async function pruned(folder: string, options: Partial<PruneOptions>) {
  const out = join(work, `pruned-${counter++}`);
  const result = await prune(await openModel(folder), out, pruneSchema.parse(options), calibration);
  return { result, model: await openModel(out) };
}

const encoders = ARCHITECTURE_CASES.filter(({ name }) => /^(bert|distilbert|modernbert|roberta)/.test(name));

it.each(encoders)('$name: neurons that nothing reads leave it as it was', async ({ folder }) => {
  const whole = await openModel(folder);
  const readers = /\.\d+\.(output\.dense|ffn\.lin2|mlp\.Wo)\.weight$/;
  const silent = new Map(
    [...whole.weights.keys()]
      .filter((name) => readers.test(name))
      .map((name) => [
        name,
        async () => {
          const values = await readFloats(whole.weights.get(name)!);
          const [, inputs] = whole.weights.get(name)!.shape;
          for (let i = 0; i < values.length; i++) if (i % inputs >= inputs - 4) values[i] = 0;
          return values;
        },
      ]),
  );
  expect(silent.size).toBe(whole.config.layers);
  const dead = join(work, `dead-${counter++}`);
  await writeModelFolder(dead, whole, {
    replaced: silent,
    step: { technique: 'test', options: {}, date: '', versions: {} },
  });
  const { model, result } = await pruned(dead, { method: 'width', amount: 4 });
  expect(result.parametersAfter).toBeLessThan(result.parametersBefore);
  const inputs = { input_ids: int64([1, 12], IDS.slice(0, 12)) };
  const [before, after] = [await runModel(await openModel(dead), inputs), await runModel(model, inputs)];
  for (const [name, { data }] of Object.entries(before)) {
    const there = after[name].data as Float32Array;
    (data as Float32Array).forEach((value, i) => {
      expect(there[i]).toBeCloseTo(value, 4);
    });
  }
  const less = await pruned(folder, { method: 'depth', amount: 1 });
  expect(less.model.config.layers).toBe(whole.config.layers - 1);
});

it.each([
  [{ method: 'wanda' }, /encoder/],
  [{ method: 'depth', by: 'perplexity' }, /predicts no next token/],
  [{ method: 'width', part: 'heads', amount: 1 }, /width of a head/],
] as const)('refuses %o', async (options, words) => {
  const { folder } = encoders.find(({ name }) => name === 'bert')!;
  await expect(pruned(folder, options)).rejects.toThrow(words);
});

it('a classifier learns again after it lost a layer', async () => {
  const WORDS = { sea: ['ship', 'whale', 'sail'], food: ['bread', 'soup', 'honey'], sky: ['cloud', 'star', 'moon'] };
  const folder = join(work, 'classifier');
  await cp(join(import.meta.dirname, '../fixtures/models/bert-classification'), folder, { recursive: true });
  await writeWordTokenizer(folder, ['[PAD]', '[UNK]', ...Object.values(WORDS).flat()]);
  const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'));
  const id2label = Object.fromEntries(Object.keys(WORDS).map((name, i) => [i, name]));
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, id2label }));
  const file = join(work, 'data.jsonl');
  const rows = Array.from({ length: 60 }, (_, i) => {
    const label = Object.keys(WORDS)[i % 3] as keyof typeof WORDS;
    return { text: `${WORDS[label][(i >> 2) % 3]} ${WORDS[label][(i >> 1) % 3]}`, label };
  });
  await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const context = quietContext(work);
  const options = pruneSchema.parse({
    method: 'depth',
    amount: 1,
    recover: 'full',
    recoverSteps: 25,
    recoverLearningRate: 3e-3,
  });
  const data = { file, text: 'text', label: 'label' };
  const result = await pruneEncoder(await openModel(folder), join(work, 'taught'), options, data, context);
  expect(scoreOf(result.after)).toBeGreaterThan(0.9);
  expect(result.recovery).toMatchObject({ method: 'full', steps: 25 });
  expect(result.after.sizeBytes).toBeLessThan(result.before.sizeBytes);
  const adapters = pruneSchema.parse({ method: 'depth', amount: 1, recover: 'lora' });
  const refused = pruneEncoder(await openModel(folder), join(work, 'refused'), adapters, data, context);
  await expect(refused).rejects.toMatchObject({ code: 'arguments/incompatible' });
});
