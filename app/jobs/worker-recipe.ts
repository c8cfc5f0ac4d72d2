/** The steps of a recipe in a worker, from any of them on: results go into the library as they are made. */
import { mkdir, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { planRecipe } from '../cli/recipe-plan.ts';
import { libraryPath, resolveModel } from '../models/library.ts';
import { writeModelCard } from '../recipes/model-card.ts';
import type { JobTask } from '../store/jobs.ts';
import type { ExportedResult, FromWorker, WorkerStart } from './messages.ts';
import { takeOver } from './predecessor.ts';
import { freePath, intoLibrary, resultName } from './result-names.ts';
import { answerPrompts } from './samples.ts';
import type { WorkerReports } from './worker-context.ts';

type RecipeTask = JobTask & { readonly kind: 'recipe' };
type Result = Record<string, unknown> & { model?: string; adapter?: string };

/** Long lists are in the metrics already, but for the plan of a model with many layers. */
const LONGEST_LIST = 200;
const PLAN = 'parts';

const short = (result: Result): Result =>
  Object.fromEntries(
    Object.entries(result).filter(([key, v]) => key === PLAN || !(Array.isArray(v) && v.length > LONGEST_LIST)),
  );

export async function runRecipe(
  start: WorkerStart & { readonly task: RecipeTask },
  { context, beginStep, flush }: WorkerReports,
  send: (message: FromWorker) => void,
): Promise<void> {
  const { task, home, work, exportsFolder } = start;
  const plan = planRecipe(task, work, task.reading);
  await mkdir(work, { recursive: true });
  await takeOver(work);
  const source = await resolveModel(task.model, home);
  const samples = {
    prompts: task.prompts,
    // What is answered before the first step is answered by the whole model, and at greater length.
    take: ({ step, prompt, text }: { step: number; prompt: string; text: string }) => {
      if (step > 0) send({ kind: 'sample', sample: { moment: 'during', step, at: Date.now(), prompt, text } });
    },
  };
  let current = start.model ?? task.model;
  if (start.step === 0 && !start.resume) await sample('before', source);
  for (let index = start.step; index < plan.length; index++) {
    const { command } = plan[index];
    const options = { ...plan[index].options };
    const steps = plan.map((step) => ({ name: step.command.name, options: step.options }));
    beginStep(index);
    // Whatever an earlier try of this very step left, unless it is to go on from there.
    const resumes = start.resume && index === start.step && 'resume' in command.options.shape;
    if (resumes) options.resume = true;
    else if (typeof options.out === 'string') await rm(`${options.out}.checkpoint`, { recursive: true, force: true });
    if (command.name === 'export') {
      await mkdir(exportsFolder, { recursive: true });
      const name = `${(await resolveModel(current, home)).split(/[\\/]/).at(-1)}-${String(options.target)}`;
      options.out = await freePath(exportsFolder, name);
    }
    send({ kind: 'step-begin', step: index, options });
    context.say(`Step ${index + 1} of ${plan.length}: ${command.name}`);
    const from = await resolveModel(current, home);
    const result = (await command.run([from], options, { ...context, samples })) as Result;
    flush();
    if (command.name === 'export') {
      const { target, folder, files, checks } = result as unknown as ExportedResult;
      const exported = { target, folder, files, checks, source: current };
      send({ kind: 'step-end', step: index, result: short(result), exported });
    } else if (typeof result.model === 'string' && resolve(result.model) !== from) {
      const named = task.named ? task.name : undefined;
      const id = await intoLibrary(result.model, home, resultName(source, steps, index, named));
      current = id;
      const path = libraryPath(home, id);
      const moved = { ...result, model: path, ...(result.adapter ? { adapter: `${path}/adapter` } : {}) };
      await writeModelCard(path);
      send({ kind: 'step-end', step: index, result: short(moved), model: id });
    } else send({ kind: 'step-end', step: index, result: short(result) });
  }
  if (current !== task.model) await sample('after', await resolveModel(current, home));
  await rm(work, { recursive: true, force: true });

  async function sample(moment: 'before' | 'after', model: string): Promise<void> {
    if (task.prompts.length === 0) return;
    const { threads, signal } = context;
    const answers = await answerPrompts(model, task.prompts, { threads, maxTokens: 128, signal });
    const at = Date.now();
    answers.forEach((text, i) => {
      send({ kind: 'sample', sample: { moment, step: 0, at, prompt: task.prompts[i], text } });
    });
  }
}
