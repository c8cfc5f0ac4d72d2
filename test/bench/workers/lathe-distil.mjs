/**
 * Distillation of classifiers as `lathe distill` does it, on labelled sentences: a teacher with every weight trained, a student of
 * half its layers, and a pass of a tiny fresh one beside the teacher's own. All times are processor time of one thread.
 * usage: node lathe-distil.mjs MODEL ROWS
 */
import { classify, idsOf, openModel, readSplit, THREADS, withLessons } from './classifier-lessons.mjs';

const SPEED_ROUNDS = 5;
const PASSES = 5;
const HALF = { epochs: 4, learningRate: 2e-4, alpha: 0.7 };
const TINY = { epochs: 4, learningRate: 2e-3, temperature: 1 };

const [model, file] = process.argv.slice(2);

/** Processor seconds that a piece of work takes. */
async function seconds(run) {
  const begin = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1e6;
}

await withLessons(async ({ write, learn, teach }) => {
  const { train, test } = readSplit(file);
  const data = { file: write('train', train), evaluation: write('test', test) };
  const { teacher } = await learn('teacher', model, data, { epochs: 5 });
  const half = await teach('half', 'layers:0.5', teacher, data, HALF);
  const student = await openModel(half.model);
  const ids = await idsOf(teacher, test);
  // The least of several turns, of passes alone: opening the session takes as long with one pass as with many.
  const took = new Map();
  for (let round = 0; round < SPEED_ROUNDS; round++) {
    for (const [who, model] of Object.entries({ teacher, student })) {
      for (const passes of [1, 1 + PASSES]) {
        const spent = await seconds(() => classify(model, ids, { threads: THREADS, passes }));
        took.set(`${who} ${passes}`, Math.min(spent, took.get(`${who} ${passes}`) ?? spent));
      }
    }
  }
  const ofPasses = (who) => took.get(`${who} ${1 + PASSES}`) - took.get(`${who} 1`);
  const heard = await idsOf(teacher, train);
  const teacherSeconds = await seconds(() => classify(teacher, heard, { threads: THREADS }));
  const tiny = await teach('tiny', 'fresh:layers=2,width=0.25', teacher, data, TINY);
  console.log(
    JSON.stringify({
      rows: { train: train.length, test: test.length },
      teacher: { accuracy: 100 * half.teacher.accuracy, parameters: teacher.parameters, seconds: teacherSeconds },
      half: {
        accuracy: 100 * half.after.accuracy,
        kept: half.after.accuracy / half.teacher.accuracy,
        faster: ofPasses('teacher') / ofPasses('student'),
        parameters: student.parameters,
      },
      tiny: { epochSeconds: tiny.epochSeconds },
    }),
  );
});
process.exit();
