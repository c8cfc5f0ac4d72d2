/** What the window offers to learn, what it counts the loss in, and what it says of tags. */
import { expect, it } from 'vitest';
import { transferSchema } from '../../app/techniques/transfer/schema.ts';
import { lossUnit } from '../../renderer/pages/jobs/live/loss-unit.ts';
import { transferReport, transferVerdict } from '../../renderer/pages/jobs/result/transfer-report.ts';
import { transferPlan } from '../../renderer/wizards/transfer/plan.ts';
import { KINDS, kindOf } from '../../renderer/wizards/transfer/tasks.ts';

it.each(Object.entries(KINDS))('%s is known again by its settings, which the technique takes', (kind, { options }) => {
  expect(kindOf(options)).toBe(kind);
  expect(transferSchema.parse(options)).toMatchObject(options);
});

it('plans few examples as the technique takes them, whatever the preset says', () => {
  const options = { ...KINDS.few.options, text: 'a', label: 'b', method: 'full' };
  const form = { model: { id: 'm', name: 'm' }, dataset: { id: 'd', name: 'd.jsonl' }, options, prompts: [] };
  expect(transferPlan(form, []).steps[0].options).toMatchObject({
    fewShot: true,
    method: 'head',
    task: 'classification',
  });
});

it('counts the loss of a classifier by the text', () => {
  const unit = (options: object) => lossUnit([{ name: 'transfer', options }]);
  expect([unit({}), unit({ task: 'token-classification' }), unit({ fewShot: true })]).toEqual([
    'nats per text',
    'nats per word',
    'squared gap of cosines, per pair',
  ]);
  expect(lossUnit([{ name: 'finetune' }])).toBe('nats per token');
});

it('judges tags by whole entities, beside the usual tag of each word', () => {
  const report = transferReport({
    accuracy: 0.98,
    macroF1: 0.9,
    labels: ['B-PER', 'O'],
    ece: 0.02,
    loss: 0.3,
    trainRows: 80,
    testRows: 20,
    perClass: [],
    words: { train: 800, test: 200 },
    entities: { precision: 0.9, recall: 0.8, f1: 0.847 },
    baseline: { method: 'usual', accuracy: 0.95, macroF1: 0.7, entityF1: 0.6 },
    learningCurve: [{ rows: 80, score: 0.5 }],
  })!;
  const { text, tone } = transferVerdict(report);
  expect(text).toContain('finds 80.0%, and 90.0% of what it names is right: F1 84.7%');
  expect([tone, report.learningCurve]).toEqual(['good', [{ rows: 80, score: 0.5 }]]);
});
