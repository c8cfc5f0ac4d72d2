/** `lathe learning-rate`: look for a learning rate before a long training. */
import { z } from 'zod';
import { finetuneSchema } from '../../techniques/finetune/schema.ts';
import { columnsFlag, readColumns } from '../columns.ts';
import { defineCommand } from '../command.ts';
import { table } from '../report.ts';

const { steps: _, learningRate: __, schedule: ___, ...settings } = finetuneSchema.shape;

export const learningRate = defineCommand({
  name: 'learning-rate',
  summary: 'Look for a learning rate: it rises from step to step until the loss does; the model stays as it is',
  example: 'lathe learning-rate smollm2-135m-instruct --data chats.jsonl --method lora',
  arguments: [{ name: 'model', help: 'folder or library id' }],
  options: z.object(settings).extend({
    data: z.string().describe('Data set, as for lathe finetune'),
    format: z.string().optional().describe('Format of the data, where it is not recognised'),
    columns: columnsFlag,
    lowest: z.number().positive().default(1e-6).describe('Rate of the first step'),
    highest: z.number().positive().default(1).describe('Rate of the last step'),
    steps: z.number().int().min(12).max(10_000).default(100).describe('Steps, unless the loss rises far before'),
  }),
  async run([reference], { data: file, format, columns, lowest, highest, steps, ...technique }, context) {
    const [{ resolveModel }, { openModel }, { loadTrainingData }, { searchLearningRate }] = await Promise.all([
      import('../../models/library.ts'),
      import('../../models/model.ts'),
      import('../training-data.ts'),
      import('../../techniques/finetune/learning-rate.ts'),
    ]);
    const path = await resolveModel(reference, context.home);
    const model = await openModel(path);
    const sides = model.architecture.kind === 'encoder-decoder';
    const pairs = technique.objective !== 'likelihood';
    const reading = { ...technique, format, columns: readColumns(columns), heldOut: 0, sides, pairs };
    const { data } = await loadTrainingData(path, file, reading, context);
    const bar = context.progress('Trying', steps, 'steps');
    const options = finetuneSchema.parse({ ...technique, schedule: 'constant' });
    let step = 0;
    const search = await searchLearningRate(
      await openModel(path),
      data,
      options,
      { lowest, highest, steps },
      {
        threads: context.threads,
        signal: context.signal,
        onPoint({ learningRate, loss }) {
          step += 1;
          bar.update(step, `loss ${loss.toFixed(4)} at ${learningRate.toExponential(1)}`);
          context.metric?.({ step, loss, learningRate });
        },
      },
    );
    bar.end();
    return search;
  },
  print({ curve, suggestion, minimum, diverged }) {
    const every = Math.max(1, Math.ceil(curve.length / 20));
    const rows = curve
      .filter((_, i) => i % every === 0 || i === curve.length - 1)
      .map((point) => [point.learningRate.toExponential(1), point.loss.toFixed(4), point.smoothed.toFixed(4)]);
    const end = diverged ? 'then the loss rose far above its lowest' : 'the loss did not rise far by the highest rate';
    const words =
      suggestion === undefined || minimum === undefined
        ? 'The loss never fell: no rate can be suggested. Check the data, or try more steps.'
        : `Suggested: --learning-rate ${suggestion.toExponential(1)} (lowest loss at ${minimum.toExponential(1)})`;
    return `${table([['rate', 'loss', 'smoothed'], ...rows])}\n${end}\n\n${words}`;
  },
});
