/**
 * What a student keeps of its teacher, on sentences said to a smart home (16 intents): half of MiniLM's layers beside all of them;
 * passes over what the teacher said once beside asking it in each; and a tiny student with a teacher beside the same without,
 * over three seeds.
 */
import { join } from 'node:path';
import { ROOT } from '../places.mjs';
import { measured } from '../processes.mjs';

const model = ({ peers }) => join(peers, 'hf_minilm');
const rows = join(ROOT, 'resources/data/intents.jsonl');
const needs = (context) => [model(context), rows];

let known;
/** One run gives the numbers of all rows. */
async function once(context) {
  const worker = join(ROOT, 'test/bench/workers/lathe-distil.mjs');
  known ??= measured(process.execPath, [worker, model(context), rows], { limitSeconds: 3600 });
  return (await known).json;
}
const side = (valuesOf) => async (context) => ({ values: valuesOf(await once(context)) });
const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
const spread = (values) => Math.max(...values) - Math.min(...values);

export const distilHalf = {
  name: 'quality-distil-half',
  group: 'quality',
  title: 'A student of half the layers of MiniLM, taught by the whole',
  needs,
  sides: { lathe: side(({ half, teacher }) => ({ ...half, kept: 100 * half.kept, teacher: teacher.accuracy })) },
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
    lathe: side(({ tiny }) => ({ epoch: tiny.epochSeconds })),
    'teacher in every pass': side(({ tiny, teacher }) => ({ epoch: tiny.epochSeconds + teacher.seconds })),
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

export const distilTiny = {
  name: 'quality-distil-tiny',
  group: 'quality',
  title: 'A tiny fresh student with a teacher, mean of three seeds',
  needs,
  sides: {
    lathe: side(({ tiny: { taught } }) => ({
      accuracy: mean(taught),
      spread: spread(taught),
      worst: Math.min(...taught),
    })),
    'without a teacher': side(({ tiny: { alone } }) => ({
      accuracy: mean(alone),
      spread: spread(alone),
      worst: Math.min(...alone),
    })),
  },
  results: [
    { metric: 'accuracy', label: 'accuracy', unit: '%', digits: 1, target: { atLeast: 1 } },
    { metric: 'worst', label: '  of the worst seed', unit: '%', digits: 1 },
    { metric: 'spread', label: '  between the seeds', unit: 'points', digits: 1, higherIsBetter: false },
  ],
};
