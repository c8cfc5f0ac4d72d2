/** `lathe run`: the steps of a recipe, each on what the one before it made. */
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import type { RecipeStep } from '../../recipes/recipe.ts';
import { type Command, defineCommand } from '../command.ts';
import { type Report, reportTable } from '../report.ts';

type StepResult = { readonly name: string; readonly model?: string; readonly after?: Report; readonly before?: Report };

export const run = defineCommand({
  name: 'run',
  summary: 'Do the steps of a recipe',
  example: 'lathe run recipe.yaml --out my-model',
  arguments: [{ name: 'recipe', help: 'YAML file' }],
  options: z.object({
    out: z.string().optional().describe('Folder for what the steps make (default: beside the recipe)'),
    model: z.string().optional().describe('Use this model instead of the one the recipe names'),
  }),
  async run([file], { out, model }, context) {
    const [{ readRecipe }, { writeModelCard }, { COMMANDS }] = await Promise.all([
      import('../../recipes/recipe.ts'),
      import('../../recipes/model-card.ts'),
      import('./index.ts'),
    ]);
    const recipe = await readRecipe(file);
    const folder = resolve(out ?? `${file.replace(/\.ya?ml$/, '')}-result`);
    // Everything is checked before the first step costs time.
    const plan = recipe.steps.map((step, i) => planStep(step, i, COMMANDS, recipe, folder));
    const steps: StepResult[] = [];
    let current = model ?? recipe.model;
    for (const [i, { command, options }] of plan.entries()) {
      context.say(`Step ${i + 1} of ${plan.length}: ${command.name}`);
      const result = (await command.run([current], options, context)) as Omit<StepResult, 'name'>;
      steps.push({ name: command.name, ...result });
      // What an export writes is for others; the next step goes on with the model.
      if (result.model) {
        current = result.model;
        await writeModelCard(current);
      }
    }
    return { name: recipe.name, steps, model: current };
  },
  print({ steps, model }) {
    const measured: (readonly [string, Report])[] = [];
    for (const { name, before, after } of steps) {
      if (before && measured.length === 0) measured.push(['before', before]);
      if (after) measured.push([name, after]);
    }
    return `${measured.length > 0 ? `${reportTable(measured)}\n\n` : ''}model  ${model}`;
  },
});

interface PlannedStep {
  readonly command: Command;
  readonly options: Record<string, unknown>;
}

function planStep(
  { name, options }: RecipeStep,
  index: number,
  commands: readonly Command[],
  recipe: { readonly dataset?: string; readonly evaluate?: string },
  folder: string,
): PlannedStep {
  const found = commands.find((command) => command.name === name && command.arguments[0]?.name === 'model');
  if (!found) throw new UserError('recipe/invalid', `step ${index + 1}: there is no step called "${name}"`);
  const takes = (key: string) => key in found.options.shape;
  const unknown = Object.keys(options).filter((key) => !takes(key));
  if (unknown.length > 0)
    throw new UserError('recipe/invalid', `step ${index + 1}: ${name} has no setting ${unknown.join(', ')}`);
  const defaults: Record<string, unknown> = {};
  if (takes('out')) defaults.out = join(folder, `${index + 1}-${name}`);
  // Steps that train take the data set; others take it to measure quality on.
  if (takes('eval')) {
    defaults.data = recipe.dataset;
    defaults.eval = recipe.evaluate;
  } else if (takes('data')) defaults.data = recipe.evaluate ?? recipe.dataset;
  const given = { ...defaults, ...options };
  const parsed = found.options.safeParse(Object.fromEntries(Object.entries(given).filter(([, v]) => v !== undefined)));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UserError('recipe/invalid', `step ${index + 1}: ${name}: ${issue.path.join('.')}: ${issue.message}`);
  }
  return { command: found, options: parsed.data };
}
