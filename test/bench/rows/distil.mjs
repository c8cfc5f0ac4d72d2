/**
 * What a student keeps of its teacher, on sentences said to a smart home (16 intents): half of MiniLM's layers beside all of them;
 * passes over what the teacher said once beside asking it in each; and, where few sentences have a label, a tiny student with a
 * teacher beside the same without, over five seeds.
 */
import { join } from 'node:path';
import { measuredOnce } from '../measured-once.mjs';
import { ROOT } from '../places.mjs';
import { measured } from '../processes.mjs';

const model = ({ peers }) => join(peers, 'hf_minilm');
const rows = join(ROOT, 'resources/data/intents.jsonl');
const needs = (context) => [model(context), rows];

/** One run of a worker gives the numbers of all its rows. */
function runOf(worker) {
  const path = join(ROOT, 'test/bench/workers', worker);
  return measuredOnce()(worker, (context) =>
    measured(process.execPath, [path, model(context), rows], { limitSeconds: 3600 }),
  );
}
const [whole, few] = [runOf('lathe-distil.mjs'), runOf('lathe-distil-few.mjs')];
const from = (run, valuesOf, noteOf) => async (context) => {
  const { json } = await run(context);
  return { values: valuesOf(json), note: noteOf?.(json) };
};
const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
const deviation = (values) =>
  Math.sqrt(values.reduce((sum, v) => sum + (v - mean(values)) ** 2, 0) / (values.length - 1));
/** Of Student's t with four degrees of freedom, between which 95 % lie. */
const T_OF_FIVE = 2.776;

export const distilHalf = {
  name: 'quality-distil-half',
  group: 'quality',
  title: 'A student of half the layers of MiniLM, taught by the whole',
  needs,
  sides: { lathe: from(whole, ({ half, teacher }) => ({ ...half, kept: 100 * half.kept, teacher: teacher.accuracy })) },
  results: [
    { metric: 'kept', label: 'accuracy kept of its teacher', unit: '%', target: { atLeast: 95, of: 'value' } },
    {
      metric: 'faster',
      label: 'texts a second, times its teacher',
      unit: 'x',
      digits: 2,
      target: { atLeast: 1.8, of: 'value' },
    },
    { metric: 'accuracy', label: '  accuracy', unit: '%', digits: 1 },
    { metric: 'teacher', label: '  its teacher’s', unit: '%', digits: 1 },
  ],
};

export const distilCached = {
  name: 'quality-distil-cached',
  group: 'quality',
  title: 'A pass of a tiny student over what its teacher said once',
  needs,
  sides: {
    lathe: from(whole, ({ tiny }) => ({ epoch: tiny.epochSeconds })),
    'teacher in every pass': from(whole, ({ tiny, teacher }) => ({ epoch: tiny.epochSeconds + teacher.seconds })),
  },
  results: [
    {
      metric: 'epoch',
      label: 'a pass, processor time',
      unit: 's',
      digits: 2,
      higherIsBetter: false,
      target: { atMost: 1 / 3 },
    },
  ],
};

const ofSeeds = (accuracies) => ({
  accuracy: mean(accuracies),
  deviation: deviation(accuracies),
  worst: Math.min(...accuracies),
});

function gainOf({ results }) {
  const gains = results.map(({ taught, alone }) => taught - alone);
  return {
    ...ofSeeds(results.map(({ taught }) => taught)),
    gain: mean(gains),
    atLeast: mean(gains) - (T_OF_FIVE * deviation(gains)) / Math.sqrt(gains.length),
    teacher: mean(results.map(({ teacher }) => teacher)),
  };
}

const eachSeed = ({ results }) =>
  `of each seed, with and without: ${results.map(({ taught, alone }) => `${taught.toFixed(1)}/${alone.toFixed(1)}`).join(', ')}`;

export const distilTiny = {
  name: 'quality-distil-tiny',
  group: 'quality',
  title: 'A tiny fresh student where 8 of 26 sentences of a class have a label, mean of five seeds',
  needs,
  sides: {
    lathe: from(few, gainOf, eachSeed),
    'without a teacher': from(few, ({ results }) => ofSeeds(results.map(({ alone }) => alone))),
  },
  results: [
    { metric: 'accuracy', label: 'accuracy', unit: '%', digits: 1, target: { atLeast: 1 } },
    { metric: 'worst', label: '  of the worst seed', unit: '%', digits: 1 },
    {
      metric: 'deviation',
      label: '  standard deviation of the seeds',
      unit: 'points',
      digits: 1,
      higherIsBetter: false,
    },
    { metric: 'gain', label: 'gained by the teacher', unit: 'points', digits: 1 },
    {
      metric: 'atLeast',
      label: '  lower end of its 95 % interval, pairs of seeds',
      unit: 'points',
      digits: 1,
      target: { atLeast: 0, of: 'value' },
    },
    { metric: 'teacher', label: '  the teacher’s own accuracy', unit: '%', digits: 1 },
  ],
};
