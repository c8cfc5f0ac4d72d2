/** A distilled student is compared with itself untaught: what it says is what it learnt. */
import { expect, it } from 'vitest';
import { lossUnit } from '../../renderer/pages/jobs/live/loss-unit.ts';
import { verdictOf } from '../../renderer/pages/jobs/result/verdict.ts';

const untaught = { perplexity: 8517, sizeBytes: 8.4e6, decodeTokensPerSecond: 2114, spread: { decode: 0.02 } };

it('says how far the student came', () => {
  const { text, tone } = verdictOf([{ name: 'distill', before: untaught, after: { ...untaught, perplexity: 1.91 } }]);
  expect(text).toMatch(/^Perplexity 8,?517 to 1\.91/);
  expect(tone).toBe('good');
});

it('counts the losses of several parts as what they are', () => {
  expect(lossUnit([{ name: 'distill' }])).toContain('teacher');
  expect(lossUnit([{ name: 'adapt' }])).toContain('exits');
});
