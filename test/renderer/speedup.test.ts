/** Speed up in the window: its plan, its words, what its result says. */
import { expect, it } from 'vitest';
import { listTechniques } from '../../app/cli/technique-list.ts';
import {
  apartWords,
  curveRows,
  type SpeedReport,
  speedReportOf,
  speedVerdictOf,
} from '../../renderer/pages/jobs/result/speed-report.ts';
import { fieldsOf } from '../../renderer/wizards/form/fields.ts';
import { speedupPlan, speedupSummary } from '../../renderer/wizards/speedup/plan.ts';

const report: SpeedReport = {
  goal: 'latency',
  words: 'int4, 2 threads',
  gain: { ratio: 1.42, low: 1.31, high: 1.5, confidence: 0.95, rounds: 25, sure: true },
  usual: { words: 'as it is', memoryBytes: 5e8, curve: [{ batch: 1, latencyMs: 10, tokensPerSecond: 100 }] },
  best: {
    words: 'int4, 2 threads',
    memoryBytes: 2e8,
    curve: [
      { batch: 1, latencyMs: 5, tokensPerSecond: 200 },
      { batch: 2, latencyMs: 8, tokensPerSecond: 250 },
    ],
  },
  sameness: { divergence: 0.01234, topAgreement: 0.96 },
  trials: [],
  refused: [],
  untried: [],
};

it('says by how much, how sure, and what changed', () => {
  expect(speedVerdictOf(report)).toEqual({
    text: '1.42× faster with int4, 2 threads: between 1.31× and 1.50×, 95% sure, 25 pairs; answers 0.012 nats a token apart, 96% the same likeliest token.',
    tone: 'good',
  });
  const same = { ...report, sameness: { divergence: 1e-9, topAgreement: 1 } };
  expect(speedVerdictOf(same).text).toContain('the same answers');
});

it('says what a way costs in likeness where that was measured', () => {
  expect([0.01234, 0, undefined].map(apartWords)).toEqual(['0.012', '0', '–']);
});

it('claims nothing that is not sure', () => {
  const unsure = { ...report, gain: { ...report.gain, low: 0.97, sure: false } };
  expect(speedVerdictOf(unsure)).toMatchObject({
    tone: 'neutral',
    text: expect.stringMatching(/^Nothing surely better/),
  });
});

it('says so where nothing seemed better', () => {
  const none = { ...report, gain: { ...report.gain, ratio: 1, rounds: 0, sure: false } };
  expect(speedVerdictOf(none)).toEqual({ text: 'Nothing better than as it is was found here.', tone: 'neutral' });
});

it('knows its own document', () => {
  expect(speedReportOf({ ...report })).toMatchObject({ words: 'int4, 2 threads' });
  expect(speedReportOf({ contexts: [] })).toBeUndefined();
  expect(speedReportOf(undefined)).toBeUndefined();
});

it('lays both curves side by side, as far as each was measured', () => {
  expect(
    curveRows(report).map(({ batch, usualLatencyMs, bestLatencyMs }) => [batch, usualLatencyMs, bestLatencyMs]),
  ).toEqual([
    [1, 10, 5],
    [2, undefined, 8],
  ]);
});

it('makes a plan from the settings of the command', () => {
  const technique = listTechniques().find(({ name }) => name === 'optimize');
  const fields = fieldsOf(technique!.schema as never, 'optimize');
  expect(fields.map(({ key }) => key)).toEqual([
    'goal',
    'budget',
    'promptTokens',
    'allowQuantized',
    'maxDivergence',
    'seed',
  ]);
  expect(speedupSummary(fields, {})).toBe('one answer soonest, 60 seconds, same answers');
  expect(speedupSummary(fields, { goal: 'memory', maxDivergence: 0.01 })).toBe(
    'least memory, 60 seconds, at most 0.01 nats a token apart',
  );
  expect(speedupSummary(fields, { allowQuantized: true })).toContain('smaller formats too');
  expect(speedupSummary(fields, { promptTokens: 512 })).toBe(
    'one answer soonest after 512 tokens, 60 seconds, same answers',
  );
  const form = { model: { id: 'm', name: 'own/minilm' }, options: { goal: 'memory' }, prompts: [] };
  expect(speedupPlan(form, fields)).toMatchObject({
    name: 'minilm-fast',
    modelId: 'm',
    steps: [{ name: 'optimize', options: { goal: 'memory' } }],
  });
});
