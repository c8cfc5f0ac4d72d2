/** Recipes are read strictly: a slip of the pen is named, not ignored. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { planRecipe } from '../../app/cli/recipe-plan.ts';
import { parseRecipe, readRecipe } from '../../app/recipes/recipe.ts';

it('reads steps in order, keys in any spelling', () => {
  const recipe = parseRecipe(
    'model: m\ndataset: d.jsonl\nsteps:\n  - finetune: { learning-rate: 1e-3, max_length: 64 }\n  - quantize:\n',
  );
  expect(recipe.steps).toEqual([
    { name: 'finetune', options: { learningRate: 1e-3, maxLength: 64 } },
    { name: 'quantize', options: {} },
  ]);
});

it.each([
  ['model: [', /not YAML/],
  ['steps: []', /model/],
  ['model: m\nsteps: []', /steps/],
  ['model: m\nsteps:\n  - finetune: 3', /steps.0.finetune/],
  ['model: m\nsteps:\n  - finetune: {}\n    quantize: {}', /one thing/],
  ['model: m\nstep:\n  - finetune: {}', /steps|step/],
])('refuses %j', (text, message) => {
  expect(() => parseRecipe(text)).toThrow(message);
  expect(() => parseRecipe(text)).toThrow(expect.objectContaining({ code: 'recipe/invalid' }));
});

it('prunes by the data set and measures on what the recipe evaluates with', () => {
  const recipe = parseRecipe(
    'model: m\ndataset: d.jsonl\nevaluate: e.jsonl\nsteps:\n  - prune: { method: depth, amount: 3 }\n',
  );
  const [{ command, options }] = planRecipe(recipe, 'out');
  expect(command.name).toBe('prune');
  expect(options).toMatchObject({ method: 'depth', amount: 3, data: 'd.jsonl', eval: 'e.jsonl' });
  const wrong = parseRecipe('model: m\nsteps:\n  - prune: { method: depht }\n');
  expect(() => planRecipe(wrong, 'out')).toThrow(expect.objectContaining({ code: 'recipe/invalid' }));
});

it.each(['demo', 'demo-smollm2', 'demo-translation'])(
  'comes with Lathe as steps that commands take: %s',
  async (name) => {
    const recipe = await readRecipe(join(import.meta.dirname, `../../resources/${name}.yaml`));
    const steps = planRecipe(recipe, 'out');
    expect(steps.map(({ command }) => command.name)).toEqual(recipe.steps.map((step) => step.name));
    expect(existsSync(recipe.dataset!) && existsSync(recipe.evaluate!)).toBe(true);
    expect(steps[0].options.data).toBe(recipe.dataset);
  },
);

it('mixes data sets that lie beside the recipe, with weights and batches that fit', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lathe-recipe-'));
  const file = join(folder, 'mixed.yaml');
  const step = 'finetune: { data: [a.jsonl, /b.jsonl], mix: [0.7, 0.3], batch-size: auto }';
  await writeFile(file, `model: m\ndataset: a.jsonl\nsteps:\n  - ${step}\n`);
  const [planned] = planRecipe(await readRecipe(file), folder);
  expect(planned.options).toMatchObject({
    data: [join(folder, 'a.jsonl'), resolve('/b.jsonl')],
    mix: [0.7, 0.3],
    batchSize: 'auto',
  });
  await rm(folder, { recursive: true });
});
