/**
 * Distillation of classifiers as `lathe distill` does it, on labelled sentences: a teacher with every weight trained, a student of
 * half its layers, and a tiny fresh one with and without the teacher. All times are processor time of one thread.
 * usage: node lathe-distil.mjs MODEL ROWS
 */
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
  { classify },
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
    'techniques/distill/classify.js',
    'models/model.js',
    'models/tokenizer.js',
    'models/encode-texts.js',
  ].map(load),
);

const SEEDS = [0, 1, 2];
const SPEED_ROUNDS = 5;
const HALF = { epochs: 4, learningRate: 2e-4, alpha: 0.7 };
const TINY = { epochs: 16, learningRate: 2e-3 };
const TINY_STUDENT = 'fresh:layers=2,width=0.25';

const [folder, file] = process.argv.slice(2);
const work = mkdtempSync(join(tmpdir(), 'lathe-distil-'));
const threads = 1;

/** Processor seconds that a piece of work takes. */
async function seconds(run) {
  const begin = process.cpuUsage();
  const result = await run();
  const { user, system } = process.cpuUsage(begin);
  return { result, seconds: (user + system) / 1e6 };
}

try {
  // Every fifth pair of rows is measured on, of each class alike: the rows of a class lie behind one another.
  const rows = readFileSync(file, 'utf8').trim().split('\n');
  const [train, test] = [rows.filter((_, i) => i % 5 < 3), rows.filter((_, i) => i % 5 >= 3)];
  const [data, evaluation] = [join(work, 'train.jsonl'), join(work, 'test.jsonl')];
  writeFileSync(data, train.join('\n'));
  writeFileSync(evaluation, test.join('\n'));
  const columns = { text: 'text', label: 'label' };
  const learn = transferSchema.parse({ method: 'full', epochs: 5 });
  await transfer(resolve(folder), { file: data, columns, evaluation }, join(work, 'teacher'), learn, {
    threads,
    cacheFolder: join(work, 'features'),
  });
  const teacher = await openModel(join(work, 'teacher'));
  const source = { file: data, columns, evaluation, heldOut: 0 };

  async function teach(name, spec, settings) {
    const options = distillSchema.parse({ maxLength: 64, batchSize: 16, warmupSteps: 10, ...settings });
    const made = await openStudent(spec, teacher, join(work, name), options.seed, async (id) => id);
    let begin;
    const context = { threads, cache: { among: join(work, 'cache') }, onStart: () => (begin = process.cpuUsage()) };
    const marks = [];
    const onStep = () => marks.push(process.cpuUsage(begin));
    const result = await distillClassifier(teacher, made.model, source, join(work, name), options, {
      ...context,
      onStep,
    });
    await made.remove();
    const { user, system } = marks.at(-1);
    return { ...result, epochSeconds: (user + system) / 1e6 / options.epochs };
  }

  const half = await teach('half', 'layers:0.5', HALF);
  const texts = test.map((row) => JSON.parse(row).text);
  const ids = await encodeTexts(await loadTokenizer(teacher.folder), texts, 64);
  const student = await openModel(half.model);
  const took = { teacher: [], student: [] };
  for (let round = -1; round < SPEED_ROUNDS; round++) {
    for (const [who, model] of Object.entries({ teacher, student })) {
      const { seconds: spent } = await classify(model, ids, { threads });
      // By the clock of the runs alone, in turns; the first round warms up.
      if (round >= 0) took[who].push(spent);
    }
  }
  const least = (values) => Math.min(...values);

  const heard = await encodeTexts(
    await loadTokenizer(teacher.folder),
    train.map((row) => JSON.parse(row).text),
    64,
  );
  const { seconds: teacherSeconds } = await seconds(() => classify(teacher, heard, { threads }));
  const taught = [];
  const alone = [];
  for (const seed of SEEDS) {
    taught.push(await teach(`taught-${seed}`, TINY_STUDENT, { ...TINY, alpha: 0.5, temperature: 1, seed }));
    alone.push(await teach(`alone-${seed}`, TINY_STUDENT, { ...TINY, alpha: 0, seed }));
  }
  const accuracies = (results) => results.map(({ after }) => 100 * after.accuracy);
  console.log(
    JSON.stringify({
      rows: { train: train.length, test: test.length },
      teacher: { accuracy: 100 * half.teacher.accuracy, parameters: teacher.parameters, seconds: teacherSeconds },
      half: {
        accuracy: 100 * half.after.accuracy,
        kept: half.after.accuracy / half.teacher.accuracy,
        faster: least(took.teacher) / least(took.student),
        parameters: student.parameters,
      },
      tiny: {
        taught: accuracies(taught),
        alone: accuracies(alone),
        epochSeconds: Math.min(...taught.map(({ epochSeconds }) => epochSeconds)),
      },
    }),
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.exit();
