/** What a distillation's page says: the share of the teacher's score that the student keeps, in the task's own measure. */
import { expect, it } from 'vitest';
import { distilReport, distilRows, distilVerdict } from '../../renderer/pages/jobs/result/distil-report.ts';

const of = (chrf: number, sizeBytes: number, decodeTokensPerSecond: number) => ({
  perplexity: 100 / chrf,
  bleu: chrf - 10,
  chrf,
  sizeBytes,
  decodeTokensPerSecond,
});
const result = {
  teacher: { ...of(80, 14e6, 1000), parameters: 7e6 },
  before: of(4, 7e6, 1900),
  after: of(78, 7e6, 1900),
  parameters: 3.5e6,
  agreement: 0.97,
};
const report = distilReport(result)!;

it('puts the student beside its teacher and itself untaught', () => {
  const rows = distilRows(report);
  expect(rows.map(({ name }) => name)).toEqual(['chrF', 'BLEU', 'Perplexity', 'Size', 'Decode']);
  expect(rows[0]).toEqual({ name: 'chrF', teacher: '80.0', before: '4.0', after: '78.0', beside: '97.5% kept' });
  expect(rows.at(-2)?.beside).toBe('50.0% of the weights');
  expect(rows.at(-1)?.beside).toBe('1.9× faster');
});

it('says what is kept at which cost, and warns where much is lost', () => {
  expect(distilVerdict(report)).toEqual({
    text: 'Keeps 97.5% of its teacher’s chrF (78.0 of 80.0) with 50.0% of the weights, 1.9× faster; untaught it had 4.0.',
    tone: 'good',
  });
  expect(distilVerdict({ ...report, after: { ...report.after, chrf: 70 } })?.tone).toBe('warn');
  expect(distilVerdict({ ...report, after: { ...report.after, chrf: 3 } })).toMatchObject({ tone: 'bad' });
});

it('counts right answers where the teacher is a classifier, and says nothing where nothing was measured', () => {
  const scores = (accuracy: number) => ({ accuracy, macroF1: accuracy, sizeBytes: 1e6, textsPerSecond: 200 });
  const classifier = {
    ...result,
    teacher: { ...scores(0.9), parameters: 7e6 },
    before: scores(0.1),
    after: scores(0.88),
  };
  expect(distilVerdict(distilReport(classifier)!)?.text).toMatch(/^Keeps 97\.8% of its teacher’s accuracy \(88\.0%/);
  const vectors = (cosine: number) => ({ metric: 'cosine', cosine, sizeBytes: 1e6 });
  const encoder = {
    ...result,
    teacher: { ...vectors(1), parameters: 7e6 },
    before: vectors(0.77),
    after: vectors(0.95),
  };
  expect(distilVerdict(distilReport(encoder)!)).toMatchObject({
    text: expect.stringMatching(/^Keeps 95\.0% of its teacher’s own vectors, by cosine \(0\.950 of 1\.000\)/),
  });
  expect(distilReport({ ...result, after: undefined })).toBeUndefined();
});
