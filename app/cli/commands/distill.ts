/** `lathe distill`: train a small model to think as a larger one does, all of them measured. */
import { join } from 'node:path';
import { z } from 'zod';
import type { RowProblem } from '../../datasets/index.ts';
import { peakMemory } from '../../profile/peak-memory.ts';
import type { CacheReport } from '../../techniques/distill/distill.ts';
import { distillSchema } from '../../techniques/distill/schema.ts';
import type { StudentResult } from '../../techniques/distill/train-student.ts';
import type { Answers } from '../../techniques/distill/write-answers.ts';
import { columnsFlag, readColumns } from '../columns.ts';
import { defineCommand } from '../command.ts';
import { type Compared, distilledTable } from '../distilled-table.ts';
import { metricsFlag } from '../metrics-flag.ts';
import { measureReport, type Report } from '../report.ts';
import { watchDistillation } from '../training-watch.ts';

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
    text: z.string().default('text').describe('Encoders and classifiers: column that holds the texts'),
    label: z
      .string()
      .default('label')
      .describe('Classifiers: column that holds the classes; where it is empty the teacher alone says what a text is'),
    eval: z.string().optional().describe('Measure quality on this data set or text instead of held-out rows'),
    heldOut: z.number().min(0).max(0.9).default(0.05).describe('Share of rows kept apart for measuring'),
    evalExamples: z.number().int().positive().default(100).describe('Most examples that quality is measured on'),
    metric: metricsFlag,
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
      { distillClassifier },
      { distillOnPolicy },
      { assertCanTeach },
      { isTokensFile },
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
      import('../../techniques/distill/distill-classifier.ts'),
      import('../../techniques/distill/on-policy.ts'),
      import('../../techniques/distill/can-teach.ts'),
      import('../../datasets/index.ts'),
    ]);
    const { data: file, out, format, columns: pairs, eval: evaluation, heldOut, evalExamples, ...rest } = options;
    const { student: wanted, measure, resume, cache: cacheFolder, text, label, metric: metrics, ...technique } = rest;
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
    for (const warning of warnings) context.warn(warning);
    const classifies = teacher.task.kind === 'classification';
    const bare = teacher.task.kind === 'hidden-states';
    const rows = isTokensFile(file, format) ? undefined : technique.maxLength;
    if (!classifies && !bare) await assertCanTeach(teacher, student, technique, rows);
    const columns = readColumns(pairs);
    const held = evaluation === undefined ? heldOut : 0;
    const sidesOf = (model: typeof teacher) => ({ sides: model.architecture.kind === 'encoder-decoder' });
    const reading = { ...technique, format, columns, heldOut: held };
    const cache =
      cacheFolder === undefined ? { among: join(context.home, 'cache', 'teachers') } : { folder: cacheFolder };
    const { threads, signal } = context;
    const unit = technique.method === 'sequence' ? 'answers' : classifies ? 'texts' : 'predictions';
    const watch = watchDistillation(context, resume, unit);
    const { onTeacher, training } = watch;
    const finish = async <R extends StudentResult>(result: R) => {
      watch.end();
      await made.remove();
      return { ...result, peakMemoryBytes: peakMemory(), parameters: student.parameters, warnings };
    };
    const known = { model: teacherPath, parameters: teacher.parameters };
    if (classifies) {
      const source = { file, columns: { text, label }, evaluation, heldOut };
      const taught = await distillClassifier(teacher, student, source, out, technique, {
        ...training,
        cache,
        onTeacher,
      });
      const result = await finish(taught);
      const { before, after, losses, agreement } = result;
      await recordReport(result.model, {
        before,
        after,
        teacher: result.teacher,
        losses,
        agreement,
        cache: result.cache,
      });
      return { ...result, teacher: { ...known, ...result.teacher } };
    }
    if (bare) {
      const { distillBare } = await import('../distill-bare.ts');
      const source = { file, format, text, evaluation, heldOut, limit: evalExamples, measure };
      const result = await finish(await distillBare(teacher, student, source, out, technique, training));
      return { ...result, cache: undefined, problems: [], teacher: { ...known, ...result.teacher } };
    }
    const quality = data.qualityRequest(evaluation ?? file, { ...reading, limit: evalExamples, metrics });
    const report = async (title: string, model: string): Promise<Report | undefined> =>
      measure ? await measureReport(title, model, quality, context) : undefined;
    const teachers = { ...known, ...(await report('Teacher', teacherPath)) };
    const before = await report('Before', student.folder);
    const byAnswers = async () => {
      const source = { folder: teacherPath, hash: await teacherHash(teacher) };
      const { sampling: temperature } = technique;
      const request = { ...reading, teacher: source, file, temperature };
      const answers = await writeAnswers(request, { cache, threads, signal, onAnswer: onTeacher });
      // Held-out rows got no answers: all that there are are learnt from.
      const own = { ...technique, ...sidesOf(student), heldOut: 0 };
      const loaded = await data.loadTrainingData(student.folder, answers.file, own, context);
      const learnt = await learnAnswers(student, loaded.data, source, out, technique, training);
      return { ...learnt, cache: answers, problems: loaded.problems };
    };
    const byOwnTexts = async () => {
      const loaded = await data.loadTrainingData(teacherPath, file, reading, context);
      const taught = await distillOnPolicy(teacher, student, loaded.data, out, technique, training);
      return { ...taught, cache: undefined, problems: loaded.problems };
    };
    const byLogits = async () => {
      const loaded = await data.loadTrainingData(teacherPath, file, { ...reading, ...sidesOf(teacher) }, context);
      const taught = await distill(teacher, student, loaded.data, out, technique, { ...training, cache, onTeacher });
      const { massLost, topK } = taught.cache;
      if (massLost.mean > MUCH) {
        warnings.push(
          `the ${topK} tokens kept of each prediction hold only ${share(1 - massLost.mean)} of the teacher's softened probability: raise --top-k, or lower --temperature`,
        );
        context.warn(warnings.at(-1)!);
      }
      return { ...taught, problems: loaded.problems };
    };
    const ways = { sequence: byAnswers, 'on-policy': byOwnTexts, logits: byLogits };
    const result = await finish<StudentResult & { cache?: CacheReport | Answers; problems: readonly RowProblem[] }>(
      await ways[technique.method](),
    );
    const after = await report('After', result.model);
    const { losses, agreement } = result;
    await recordReport(result.model, { before, after, teacher: teachers, losses, agreement, cache: result.cache });
    return { ...result, teacher: teachers, before, after };
  },
  print({ steps, losses, seconds, tokensPerSecond, agreement, cache, parameters, teacher, before, after, ...rest }) {
    const lines = [
      `teacher: ${mega(teacher.parameters)} million parameters, student: ${mega(parameters)} million`,
      ...(cache ? [said(cache)] : []),
      `${steps} steps in ${seconds.toFixed(1)} s: loss ${losses[0]?.toFixed(4)} -> ${losses.at(-1)?.toFixed(4)}, ${tokensPerSecond.toFixed(0)} tokens/s`,
    ];
    if ('unlabelledRows' in rest && rest.unlabelledRows > 0) {
      lines.push(`${rest.unlabelledRows} of ${rest.trainRows} texts had no class but the teacher's`);
    }
    if (agreement !== undefined) {
      lines.push(`student and teacher name the same token at ${share(agreement)} of the last steps' positions`);
    }
    if (before && after) lines.push(...distilledTable({ teacher, before, after } as Compared));
    return [...lines, '', `model  ${rest.model}`].join('\n');
  },
});

/** Mean probability outside the kept tokens from which on little is told of how it is spread. */
const MUCH = 0.25;

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
