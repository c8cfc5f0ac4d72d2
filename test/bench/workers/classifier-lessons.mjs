/** Teachers and students that classify what is said to a smart home, as `lathe transfer` and `lathe distill` make them, on one thread. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const app = resolve(import.meta.dirname, '../../../dist');
const load = (path) => import(join(app, path));
const [
  { transfer },
  { transferSchema },
  { distillClassifier },
  { distillSchema },
  { openStudent },
  { openModel },
  { loadTokenizer },
  { encodeTexts },
] = await Promise.all(
  [
    'techniques/transfer/transfer.js',
    'techniques/transfer/schema.js',
    'techniques/distill/distill-classifier.js',
    'techniques/distill/schema.js',
    'techniques/distill/student.js',
    'models/model.js',
    'models/tokenizer.js',
    'models/encode-texts.js',
  ].map(load),
);

export { openModel };
export const { classify } = await load('techniques/distill/classify.js');

export const THREADS = 1;
const COLUMNS = { text: 'text', label: 'label' };

/** Three of five rows to learn from, the others to measure on. */
export function readSplit(file) {
  const rows = readFileSync(file, 'utf8').trim().split('\n');
  return { train: rows.filter((_, i) => i % 5 < 3), test: rows.filter((_, i) => i % 5 >= 3) };
}

export const idsOf = async (model, rows) =>
  encodeTexts(
    await loadTokenizer(model.folder),
    rows.map((row) => JSON.parse(row).text),
    64,
  );

/**
 * Works in a folder of its own, which is gone afterwards.
 * @param work gets { write(name, rows) -> file, learn, teach }
 */
export async function withLessons(work) {
  const folder = mkdtempSync(join(tmpdir(), 'lathe-distil-'));
  const write = (name, rows) => {
    const file = join(folder, `${name}.jsonl`);
    writeFileSync(file, rows.join('\n'));
    return file;
  };

  /** A teacher of all weights of an encoder. */
  async function learn(name, model, { file, evaluation }, settings) {
    const learning = transferSchema.parse({ method: 'full', ...settings });
    const out = join(folder, name);
    const context = { threads: THREADS, cacheFolder: join(folder, 'features') };
    const { accuracy } = await transfer(resolve(model), { file, columns: COLUMNS, evaluation }, out, learning, context);
    return { teacher: await openModel(out), accuracy };
  }

  /** A student, with the processor seconds of one of its epochs. */
  async function teach(name, spec, teacher, { file, evaluation }, settings) {
    const options = distillSchema.parse({ maxLength: 64, batchSize: 16, warmupSteps: 10, ...settings });
    const out = join(folder, name);
    const made = await openStudent(spec, teacher, out, options.seed, async (id) => id);
    let [begin, end] = [];
    const context = {
      threads: THREADS,
      cache: { among: join(folder, 'cache') },
      onStart: () => (begin = process.cpuUsage()),
      onStep: () => (end = process.cpuUsage(begin)),
    };
    const source = { file, columns: COLUMNS, evaluation, heldOut: 0 };
    const result = await distillClassifier(teacher, made.model, source, out, options, context);
    await made.remove();
    return { ...result, epochSeconds: (end.user + end.system) / 1e6 / options.epochs };
  }

  try {
    return await work({ write, learn, teach });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
