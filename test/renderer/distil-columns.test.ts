/** Distil for a teacher that classifies: its columns, and enough rows to measure each class on. */
import { expect, it } from 'vitest';
import { classifies, distillPlan, foundColumns } from '../../renderer/wizards/distill/plan.ts';

const column = (name: string) => ({ name, filled: 4, distinct: 2, meanLength: 9, examples: [] });
const facts = { columns: ['message', 'category', 'from'].map(column), text: 'message', label: 'category' };

it('takes the columns that were found, keeps what was asked for, and never the same twice', () => {
  expect(foundColumns(facts, {})).toEqual({ text: 'message', label: 'category' });
  expect(foundColumns(facts, { text: 'from' })).toEqual({ text: 'from', label: 'category' });
  expect(foundColumns(facts, { text: 'gone', label: 'message' })).toEqual({ text: 'message', label: undefined });
});

it('keeps more rows apart for a classifier than for a model of language', () => {
  const [model, dataset] = ['minilm', 'messages'].map((name) => ({ id: name, name }));
  const planned = (options: Record<string, unknown>) =>
    distillPlan({ model, dataset, options, prompts: [] }, []).steps[0].options;
  expect(planned({ text: 'message', label: 'category' })).toMatchObject({ label: 'category', heldOut: 0.2 });
  expect(planned({})).toEqual({ student: 'layers:0.5' });
});

it('knows a classifier by its configuration', () => {
  expect(classifies({ config: { architectures: ['BertForSequenceClassification'] } })).toBe(true);
  expect(classifies({ config: { architectures: ['BertForTokenClassification'] } })).toBe(false);
  expect(classifies({ config: {} })).toBe(false);
});
