/** Recipes are read strictly: a slip of the pen is named, not ignored. */
import { expect, it } from 'vitest';
import { parseRecipe } from '../../app/recipes/recipe.ts';

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
