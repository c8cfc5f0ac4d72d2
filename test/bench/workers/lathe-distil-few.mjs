/**
 * A tiny fresh student where few rows have a label: with a teacher, who learnt from these rows alone and says what the others
 * are, beside the same without, who has these rows alone. Same weights to begin with, as many steps; each seed draws other rows.
 * usage: node lathe-distil-few.mjs MODEL ROWS
 */
import { randomFrom } from '../../../scripts/random.mjs';
import { readSplit, withLessons } from './classifier-lessons.mjs';

const SEEDS = [0, 1, 2, 3, 4];
/** Most rows of each class that keep their label. */
const LABELLED = 8;
/** About as many steps as with all labels in five passes. */
const TEACHER = { epochs: 16 };
const STUDENT = 'fresh:layers=2,width=0.25';
const SETTINGS = { batchSize: 16, learningRate: 2e-3 };
const EPOCHS = 16;

const [model, file] = process.argv.slice(2);

/** Places of the rows that keep their label, drawn by a seed. */
function drawn(rows, seed) {
  const order = [...rows.keys()];
  const random = randomFrom(1 + seed);
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  const counts = new Map();
  const kept = new Set();
  for (const place of order) {
    const { label } = JSON.parse(rows[place]);
    const count = counts.get(label) ?? 0;
    if (count === LABELLED) continue;
    counts.set(label, count + 1);
    kept.add(place);
  }
  return kept;
}

await withLessons(async ({ write, learn, teach }) => {
  const { train, test } = readSplit(file);
  const evaluation = write('test', test);
  const steps = EPOCHS * Math.ceil(train.length / SETTINGS.batchSize);
  const results = [];
  for (const seed of SEEDS) {
    const kept = drawn(train, seed);
    const few = {
      evaluation,
      file: write(
        `few-${seed}`,
        [...kept].sort((a, b) => a - b).map((place) => train[place]),
      ),
    };
    const bare = train.map((row, i) => (kept.has(i) ? row : JSON.stringify({ ...JSON.parse(row), label: null })));
    const all = { evaluation, file: write(`all-${seed}`, bare) };
    const { teacher } = await learn(`teacher-${seed}`, model, few, { ...TEACHER, seed });
    const settings = { ...SETTINGS, steps, seed };
    const taught = await teach(`taught-${seed}`, STUDENT, teacher, all, { ...settings, alpha: 0.5, temperature: 1 });
    const alone = await teach(`alone-${seed}`, STUDENT, teacher, few, { ...settings, alpha: 0 });
    results.push({
      labelled: kept.size,
      teacher: 100 * taught.teacher.accuracy,
      taught: 100 * taught.after.accuracy,
      alone: 100 * alone.after.accuracy,
    });
  }
  console.log(JSON.stringify({ rows: { train: train.length, test: test.length }, steps, results }));
});
process.exit();
