/** `lathe finetune`: train a model on a data set, with the model measured before and after. */
import { z } from 'zod';
import { peakMemory } from '../../profile/peak-memory.ts';
import type { Evaluation } from '../../techniques/finetune/early-stopping.ts';
import { finetuneSchema } from '../../techniques/finetune/schema.ts';
import { columnsFlag, readColumns } from '../columns.ts';
import { defineCommand } from '../command.ts';
import type { FittedOptions } from '../fit-memory.ts';
import { metricsFlag } from '../metrics-flag.ts';
import { dataFlag, mixFlag } from '../mixed-data.ts';
import { measureReport, reportTable } from '../report.ts';
import type { SampledAnswer } from '../sampled-prompts.ts';

export const finetune = defineCommand({
  name: 'finetune',
  summary: 'Train a model on a data set',
  example: 'lathe finetune smollm2-135m-instruct --data chats.jsonl --out my-model --method lora --epochs 2',
  arguments: [{ name: 'model', help: 'folder or library id' }],
  options: finetuneSchema.extend({
    batchSize: z
      .union([finetuneSchema.shape.batchSize.unwrap(), z.literal('auto')], { error: 'a whole number of rows, or auto' })
      .default(4)
      .describe(
        'Rows of a micro-batch; auto: rows, accumulation and checkpointing as they fit the memory of this machine',
      ),
    data: dataFlag,
    mix: mixFlag,
    out: z.string().describe('Folder to write'),
    format: z.string().optional().describe('Format of the data, where it is not recognised'),
    columns: columnsFlag,
    eval: z
      .string()
      .optional()
      .describe('Measure quality on this data set or text instead of held-out rows, before, after and while training'),
    heldOut: z.number().min(0).max(0.9).default(0.05).describe('Share of rows kept apart for measuring'),
    evalExamples: z.number().int().positive().default(100).describe('Most examples that quality is measured on'),
    metric: metricsFlag,
    prompts: z
      .string()
      .optional()
      .describe('Prompts to answer while training: a text file, one a line, or a JSON array'),
    measure: z.boolean().default(true).describe('Measure the model before and after'),
    fit: z
      .boolean()
      .default(true)
      .describe('Do fewer rows at a time, and compute again, where a step would not fit the free memory'),
    resume: z.boolean().default(false).describe('Continue from the last checkpoint of the same run'),
  }),
  async run([reference], options, context) {
    const [
      { resolveModel },
      { openModel },
      data,
      { finetune },
      { recordReport },
      { readPrompts, sampleRequest },
      { fitMemory, unfitted },
      { loadMixture },
    ] = await Promise.all([
      import('../../models/library.ts'),
      import('../../models/model.ts'),
      import('../training-data.ts'),
      import('../../techniques/finetune/finetune.ts'),
      import('../../models/lineage.ts'),
      import('../sampled-prompts.ts'),
      import('../fit-memory.ts'),
      import('../mixed-data.ts'),
    ]);
    const path = await resolveModel(reference, context.home);
    const model = await openModel(path);
    const {
      data: named,
      mix,
      out,
      format,
      columns: renamed,
      eval: evaluation,
      heldOut,
      evalExamples,
      metric: metrics,
      measure,
      resume,
      prompts: promptsFile,
      fit,
      ...technique
    } = options;
    const columns = readColumns(renamed);
    const held = evaluation === undefined ? heldOut : 0;
    const sides = model.architecture.kind === 'encoder-decoder';
    const pairs = technique.objective !== 'likelihood';
    const reading = { ...technique, format, columns, sides, pairs };
    const files = [named].flat();
    const mixing = { ...reading, heldOut: held, mix, limit: evalExamples };
    const training = await loadMixture(path, files, mixing, context);
    const fitted: FittedOptions = fit
      ? await fitMemory(path, training.data, out, technique, resume, context)
      : unfitted(technique);
    const quality = data.qualityRequest(evaluation ?? files[0], {
      ...technique,
      format,
      columns,
      heldOut: held,
      limit: evalExamples,
      metrics,
    });
    const validation = await data.loadValidation(
      path,
      evaluation,
      training.heldOut,
      { ...reading, heldOut: 0, limit: evalExamples },
      context,
    );
    // Speed and perplexity are measured on models that write.
    const measured = measure && model.task.kind === 'next-token';
    const before = measured ? await measureReport('Before', path, quality, context) : undefined;

    const samples: SampledAnswer[] = [];
    const prompts = promptsFile === undefined ? (context.samples?.prompts ?? []) : await readPrompts(promptsFile);
    const answers =
      prompts.length > 0 && model.task.kind === 'next-token' && model.architecture.kind === 'decoder'
        ? await sampleRequest(path, model.config.maxLength, prompts, (answer) => {
            samples.push(answer);
            context.samples?.take(answer);
          })
        : undefined;
    let heldOutLoss = '';
    let judging: ReturnType<typeof context.progress> | undefined;
    let bar = context.progress('Training', 1, 'steps');
    const result = await finetune(model, training.data, out, fitted.options, {
      threads: context.threads,
      signal: context.signal,
      resume,
      validation,
      samples: answers,
      onWarning: ({ text }) => context.warn(text),
      onReference: (done, all) => {
        judging ??= context.progress('What the model thinks of both answers', all, 'pairs');
        judging.update(done);
        if (done === all) judging.end();
      },
      onEvaluation: ({ step, loss, measured }) => context.metric?.({ step, evalLoss: loss, ...measured }),
      onStart(steps, done) {
        bar = context.progress('Training', steps, 'steps');
        bar.update(done.losses.length);
        const measured = new Map(done.evaluations.map(({ step, loss }) => [step, { evalLoss: loss }]));
        // What the run before this one did after it was last heard of.
        done.losses.forEach((loss, i) => {
          const [learningRate, gradientNorm] = [done.learningRates[i], done.gradientNorms[i]];
          context.metric?.({ step: i + 1, loss, learningRate, gradientNorm, ...measured.get(i + 1) });
        });
      },
      onStep({ measured: _, ...step }) {
        if (step.evalLoss !== undefined) heldOutLoss = `, held-out ${step.evalLoss.toFixed(4)}`;
        bar.update(step.step, `loss ${step.loss.toFixed(4)}${heldOutLoss}`);
        context.metric?.({ ...step });
      },
    });
    bar.end();
    const peakMemoryBytes = peakMemory();
    const after = measured ? await measureReport('After', result.model, quality, context) : undefined;
    await recordReport(result.model, { before, after, losses: result.losses, evaluations: result.evaluations });
    const { batchSize, accumulate, checkpointing } = fitted.options;
    const { estimatedMemoryBytes } = fitted;
    return {
      ...result,
      batchSize,
      accumulate,
      checkpointing,
      estimatedMemoryBytes,
      ...(samples.length > 0 ? { samples } : {}),
      peakMemoryBytes,
      problems: training.problems,
      before,
      after,
    };
  },
  print({
    steps,
    losses,
    seconds,
    tokensPerSecond,
    supervisedTokensPerSecond,
    peakMemoryBytes,
    model,
    adapter,
    ...rest
  }) {
    const { evaluations, stoppedEarly, kept, warnings } = rest;
    const lines = [
      `${steps} steps in ${seconds.toFixed(1)} s: loss ${losses[0]?.toFixed(4)} -> ${losses.at(-1)?.toFixed(4)}`,
      ...evaluationLines(evaluations, kept, stoppedEarly),
      `${tokensPerSecond.toFixed(0)} tokens/s (${supervisedTokensPerSecond.toFixed(0)} supervised), peak memory ${(peakMemoryBytes / 1e6).toFixed(0)} MB`,
    ];
    const last = rest.samples?.at(-1)?.step;
    for (const { step, prompt, text } of rest.samples ?? [])
      if (step === 0 || step === last) lines.push('', `> ${prompt}`, `step ${step}: ${text.trim()}`);
    const { before, after } = rest;
    if (before && after)
      lines.push(
        '',
        reportTable([
          ['before', before],
          ['after', after],
        ]),
      );
    lines.push(...warnings.map(({ text }) => `Warning: ${text}`));
    lines.push('', `model    ${model}`, ...(adapter ? [`adapter  ${adapter}`] : []));
    return lines.join('\n');
  },
});

function evaluationLines(evaluations: readonly Evaluation[], kept: number, stoppedEarly: boolean): string[] {
  if (evaluations.length === 0) return [];
  const losses = evaluations.map(({ step, loss }) => `${loss.toFixed(4)}${step === kept ? ' (written)' : ''}`);
  const first = evaluations.find(({ step }) => step === kept)?.measured;
  const judged = first
    ? [
        `prefers the chosen answer of ${(100 * first.accuracy).toFixed(0)} % of held-out pairs; rewards ${first.chosenReward.toFixed(3)} and ${first.rejectedReward.toFixed(3)}, margin ${first.margin.toFixed(3)}`,
      ]
    : [];
  return [`held-out loss ${losses.join(' -> ')}${stoppedEarly ? '; stopped early' : ''}`, ...judged];
}
