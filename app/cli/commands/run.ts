/** `lathe run`: the steps of a recipe, each on what the one before it made. */
import { resolve } from 'node:path';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
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
    const [{ readRecipe }, { writeModelCard }, { planRecipe }] = await Promise.all([
      import('../../recipes/recipe.ts'),
      import('../../recipes/model-card.ts'),
      import('../recipe-plan.ts'),
    ]);
    const recipe = await readRecipe(file);
    const folder = resolve(out ?? `${file.replace(/\.ya?ml$/, '')}-result`);
    // Everything is checked before the first step costs time.
    const plan = planRecipe(recipe, folder);
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
