/** The wizard Fine-tune's own cards: what a method, a goal and a mixture change in the form, and the plan it becomes. */
import { expect, it } from 'vitest';
import { z } from 'zod';
import { COMMANDS } from '../../app/cli/commands/index.ts';
import { plan } from '../../app/contract/recipes.ts';
import { finetuneSchema } from '../../app/techniques/finetune/schema.ts';
import { ASKED_APART, GOALS, METHODS, withGoal, withMethod } from '../../renderer/wizards/finetune/methods.ts';
import { mixedSets, mixtureProblem, withMixed } from '../../renderer/wizards/finetune/mixture.ts';
import { finetunePlan } from '../../renderer/wizards/finetune/plan.ts';
import { fieldsOf, type ParameterSchema } from '../../renderer/wizards/form/fields.ts';
import { WORDS } from '../../renderer/wizards/form/words/index.ts';

const command = COMMANDS.find(({ name }) => name === 'finetune')!;
const fields = fieldsOf(z.toJSONSchema(command.options, { io: 'input' }) as ParameterSchema, 'finetune', [
  'out',
  'data',
]);

it('offers every method and goal that there is, in words without flags', () => {
  expect(METHODS.flatMap(({ methods }) => methods.map(({ value }) => value)).sort()).toEqual(
    [...finetuneSchema.shape.method.unwrap().options].sort(),
  );
  expect(GOALS.map(({ value }) => value)).toEqual(finetuneSchema.shape.objective.unwrap().options);
  for (const { words } of [...GOALS, ...METHODS.flatMap(({ methods }) => methods)])
    expect(words).not.toMatch(/[a-z]-[a-z]+=|\(dora\)/);
  expect(fields.find(({ key }) => key === 'method')!.help).not.toMatch(/dora|qlora|freeze/);
});

it('gives every setting that it draws a group', () => {
  const drawn = Object.keys(finetuneSchema.shape).filter((key) => !ASKED_APART.includes(key));
  for (const key of drawn) expect(WORDS.finetune[key]?.group, key).toBeDefined();
});

it('forgets a learning rate that was meant for another kind of method or goal', () => {
  const options = { method: 'lora', learningRate: 3e-4, rank: 16 };
  expect(withMethod(options, 'dora')).toEqual({ ...options, method: 'dora' });
  expect(withMethod(options, 'full')).toEqual({ method: 'full', rank: 16 });
  expect(withMethod({ method: 'full', learningRate: 5e-5 }, 'freeze')).toEqual({
    method: 'freeze',
    learningRate: 5e-5,
  });
  expect(withGoal(options, 'dpo')).toEqual({ method: 'lora', rank: 16, objective: 'dpo' });
  expect(withGoal({ ...options, objective: 'dpo' }, 'orpo')).toEqual({ ...options, objective: 'orpo' });
});

it('plans a mixture with the weights in the order of its data sets', () => {
  const sets = [
    { id: 'd2', name: 'chats', share: 0.2 },
    { id: 'd3', name: 'news', share: 0.1 },
  ];
  const options = withMixed({ rank: 4 }, sets);
  expect(mixedSets(options)).toEqual(sets);
  const form = { model: { id: 'm', name: 'm' }, dataset: { id: 'd1', name: 'plants' }, options, prompts: [] };
  const made = finetunePlan(form, fields);
  expect(plan.parse(made)).toMatchObject({ datasetId: 'd1', mixedIds: ['d2', 'd3'] });
  expect(made.steps[0].options).toEqual({ rank: 4, mix: [0.7, 0.2, 0.1] });
  command.options.partial().parse(made.steps[0].options);
  expect(mixtureProblem(sets)).toBeUndefined();
  expect(mixtureProblem([{ ...sets[0], share: 0.97 }])).toMatch(/3 %/);
  expect(withMixed(options, [])).toEqual({ rank: 4 });
});
