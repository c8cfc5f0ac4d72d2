/** `lathe distill`: train a small model to think as a larger one does, all of them measured. */
import { join } from 'node:path';
import { z } from 'zod';
import { peakMemory } from '../../profile/peak-memory.ts';
import type { CacheReport } from '../../techniques/distill/distill.ts';
import { distillSchema } from '../../techniques/distill/schema.ts';
import type { Answers } from '../../techniques/distill/write-answers.ts';
import type { Progress } from '../../techniques/finetune/checkpoint.ts';
import type { StepReport } from '../../techniques/finetune/loop.ts';
import { columnsFlag, readColumns } from '../columns.ts';
import { defineCommand } from '../command.ts';
import { measureReport, type Report, reportTable } from '../report.ts';

export const distill = defineCommand({
  name: 'distill',
  summary: 'Train a small model to think as a larger one does',
  example: 'lathe distill my-model --student layers:4 --data chats.jsonl --out my-small-model',
  arguments: [{ name: 'model', help: 'the teacher: folder or library id' }],
  options: distillSchema.extend({
    student: z
      .string()
      .describe(
        'A model, or one made of the teacher: layers:4, layers:0.5, every:2, fresh:layers=4,width=128,heads=4,inner=512',
      ),
    data: z.string().describe('Data set: JSONL, JSON, CSV, TSV, Parquet, text, a folder, or pre-tokenised safetensors'),
    out: z.string().describe('Folder to write'),
    format: z.string().optional().describe('Format of the data, where it is not recognised'),
    columns: columnsFlag,
    eval: z.string().optional().describe('Measure quality on this data set or text instead of held-out rows'),
    heldOut: z.number().min(0).max(0.9).default(0.05).describe('Share of rows kept apart for measuring'),
    evalExamples: z.number().int().positive().default(100).describe('Most examples that quality is measured on'),
    measure: z.boolean().default(true).describe('Measure the teacher, and the student before and after'),
    resume: z.boolean().default(false).describe('Continue from the last checkpoint of the same run'),
    cache: z.string().optional().describe('Folder for what the teacher says (default: one in the data folder)'),
  }),
  async run([reference], options, context) {
    const [
      { resolveModel },
      { openModel },
      data,
      { distill },
      { openStudent },
      { recordReport },
      { writeAnswers },
      { learnAnswers },
      { teacherHash },
    ] = await Promise.all([
      import('../../models/library.ts'),
      import('../../models/model.ts'),
      import('../training-data.ts'),
      import('../../techniques/distill/distill.ts'),
      import('../../techniques/distill/student.ts'),
      import('../../models/lineage.ts'),
      import('../../techniques/distill/write-answers.ts'),
      import('../../techniques/distill/learn-answers.ts'),
      import('../../techniques/distill/teacher-hash.ts'),
    ]);
    const { data: file, out, format, columns: pairs, eval: evaluation, heldOut, evalExamples, ...rest } = options;
    const { student: wanted, measure, resume, cache: cacheFolder, ...technique } = rest;
    const teacherPath = await resolveModel(reference, context.home);
    const teacher = await openModel(teacherPath);
    const made = await openStudent(wanted, teacher, out, technique.seed, (id) => resolveModel(id, context.home));
    const { model: student } = made;
    const warnings: string[] = [];
    if (student.parameters > teacher.parameters) {
      warnings.push(
        `the student is larger than its teacher: ${mega(student.parameters)} and ${mega(teacher.parameters)} million parameters`,
      );
    }
    for (const warning of warnings) context.say(warning);
    const columns = readColumns(pairs);
    const held = evaluation === undefined ? heldOut : 0;
    const reading = { ...technique, format, columns, heldOut: held };
    const cache =
      cacheFolder === undefined ? { among: join(context.home, 'cache', 'teachers') } : { folder: cacheFolder };
    const { threads, signal } = context;
    const quality = data.qualityRequest(evaluation ?? file, { ...reading, limit: evalExamples });
    const report = async (label: string, model: string): Promise<Report | undefined> =>
      measure ? await measureReport(label, model, quality, context) : undefined;
    const teachers = await report('Teacher', teacherPath);
    const before = await report('Before', student.folder);
    let bar: ReturnType<typeof context.progress> | undefined;
    const watched = {
      threads,
      signal,
      resume,
      onStart(steps: number, done: Progress) {
        bar?.end();
        bar = context.progress('Training', steps, 'steps');
        bar.update(done.losses.length);
        done.losses.forEach((loss, i) => {
          const [learningRate, gradientNorm] = [done.learningRates[i], done.gradientNorms[i]];
          context.metric?.({ step: i + 1, loss, learningRate, gradientNorm });
        });
      },
      onStep({ measured, ...step }: StepReport) {
        bar?.update(step.step, `loss ${step.loss.toFixed(4)}`);
        context.metric?.({ ...step, ...measured });
      },
    };
    const onTeacher = (done: number, total: number) => {
      bar ??= context.progress('Teacher', total, technique.method === 'sequence' ? 'answers' : 'predictions');
      bar.update(done);
    };
    const byAnswers = async () => {
      const source = { folder: teacherPath, hash: await teacherHash(teacher) };
      const { sampling: temperature } = technique;
      const request = { ...reading, teacher: source, file, temperature };
      const answers = await writeAnswers(request, { cache, threads, signal, onAnswer: onTeacher });
      // Held-out rows got no answers: all that there are are learnt from.
      const training = await data.loadTrainingData(student.folder, answers.file, { ...technique, heldOut: 0 }, context);
      const learnt = await learnAnswers(student, training.data, source, out, technique, watched);
      return { ...learnt, cache: answers, problems: training.problems };
    };
    const byLogits = async () => {
      const training = await data.loadTrainingData(teacherPath, file, reading, context);
      const taught = await distill(teacher, student, training.data, out, technique, { ...watched, cache, onTeacher });
      return { ...taught, problems: training.problems };
    };
    const result = await (technique.method === 'sequence' ? byAnswers() : byLogits());
    bar?.end();
    await made.remove();
    const peakMemoryBytes = peakMemory();
    const after = await report('After', result.model);
    const { agreement } = result;
    const teacherReport = { model: teacherPath, parameters: teacher.parameters, ...teachers };
    await recordReport(result.model, {
      before,
      after,
      teacher: teacherReport,
      losses: result.losses,
      agreement,
      cache,
    });
    return {
      ...result,
      peakMemoryBytes,
      parameters: student.parameters,
      warnings,
      teacher: teacherReport,
      before,
      after,
    };
  },
  print({ steps, losses, seconds, tokensPerSecond, agreement, cache, parameters, teacher, before, after, ...rest }) {
    const lines = [
      `teacher: ${mega(teacher.parameters)} million parameters, student: ${mega(parameters)} million`,
      said(cache),
      `${steps} steps in ${seconds.toFixed(1)} s: loss ${losses[0]?.toFixed(4)} -> ${losses.at(-1)?.toFixed(4)}, ${tokensPerSecond.toFixed(0)} tokens/s`,
    ];
    if (agreement !== undefined) {
      lines.push(`student and teacher name the same token at ${share(agreement)} of the last steps' positions`);
    }
    if (before && after && 'sizeBytes' in teacher) {
      const columns: [string, Report][] = [
        ['teacher', teacher as Report],
        ['student before', before],
        ['student after', after],
      ];
      lines.push('', reportTable(columns));
    }
    return [...lines, '', `model  ${rest.model}`].join('\n');
  },
});

const share = (value: number): string => `${(100 * value).toFixed(1)} %`;
const mega = (n: number): string => (n / 1e6).toFixed(1);

/** What the teacher said, where it is kept, and what was left out. */
function said(cache: CacheReport | Answers): string {
  const how = cache.hit ? 'read from the cache' : `computed in ${cache.seconds.toFixed(1)} s`;
  if ('answers' in cache) {
    const without = cache.empty > 0 ? `, ${cache.empty} prompts without one` : '';
    return `${cache.answers} answers of the teacher ${how}${without}`;
  }
  const kept =
    cache.topK === undefined
      ? 'all tokens'
      : `${cache.topK} tokens of each, ${share(cache.massLost.mean)} of the probability left to the others`;
  return `${cache.predictions} predictions of the teacher ${how}, ${mega(cache.bytes)} MB (${kept})`;
}
