import { describe, expect, it } from 'vitest';
import { compareAnswers } from '../../renderer/pages/jobs/result/answer-difference.ts';
import { compareReports, figures, ratioWords } from '../../renderer/pages/jobs/result/comparison.ts';
import { transferReport, transferVerdict } from '../../renderer/pages/jobs/result/transfer-report.ts';
import { verdictOf } from '../../renderer/pages/jobs/result/verdict.ts';

const context = (tokens: number, spread: { prefill: number; decode: number }) => ({
  tokens,
  prefillTokensPerSecond: 412,
  decodeTokensPerSecond: 51,
  timeToFirstTokenMs: 148,
  spread,
});

const before = {
  perplexity: 60.5,
  sizeBytes: 539e6,
  peakMemoryBytes: 702e6,
  prefillTokensPerSecond: 412,
  decodeTokensPerSecond: 51,
  timeToFirstTokenMs: 148,
  contexts: [context(64, { prefill: 0.02, decode: 0.04 }), context(512, { prefill: 0.03, decode: 0.02 })],
};
const after = {
  ...before,
  perplexity: 63.9,
  sizeBytes: 92e6,
  peakMemoryBytes: 214e6,
  prefillTokensPerSecond: 1130,
  decodeTokensPerSecond: 182,
  timeToFirstTokenMs: 61,
};

describe('before and after', () => {
  it('tells each measure in words, with its spread', () => {
    const rows = compareReports(before, after);
    expect(rows.map((row) => [row.title, row.beforeText, row.afterText, row.words])).toEqual([
      ['Perplexity', '60.5', '63.9', '5.6% worse'],
      ['Size', '539', '92.0', '5.9× smaller'],
      ['Memory', '702', '214', '3.3× less'],
      ['Prefill', '412', '1,130', '2.7× faster'],
      ['Decode', '51.0', '182', '3.6× faster'],
      ['First token', '148', '61.0', '2.4× sooner'],
    ]);
    expect(rows.map((row) => row.change)).toEqual(['worse', 'better', 'better', 'better', 'better', 'better']);
    expect(rows.map((row) => row.spreadText)).toEqual([undefined, 'exact', undefined, '± 16.9', '± 3.64', '± 0.91']);
  });

  it('calls a difference within the spread no difference', () => {
    const wide = { ...before, contexts: [context(64, { prefill: 0.1, decode: 0.4 })] };
    const [row] = compareReports(wide, { decodeTokensPerSecond: 60 }).filter((r) => r.key === 'decodeTokensPerSecond');
    expect(row).toMatchObject({ change: 'same', words: 'about the same' });
  });

  it('claims nothing where the repeats differ by more than their median', () => {
    const wild = { ...after, contexts: [context(64, { prefill: 0.1, decode: 1.4 })] };
    const row = compareReports(before, wild).find((r) => r.key === 'decodeTokensPerSecond');
    expect(row).toMatchObject({ change: 'same', words: 'too noisy to tell' });
    expect(verdictOf([{ name: 'quantize', before, after: wild }]).text).toContain('speed too noisy to tell');
    expect(verdictOf([{ name: 'profile' }], wild).text).toContain('measure again');
  });

  it('leaves out what was not measured and claims no ratio without a before', () => {
    expect(compareReports(undefined, { sizeBytes: 3e6 })).toMatchObject([
      { unit: 'MB', afterText: '3.00', change: 'same' },
    ]);
    expect(compareReports(undefined, { sizeBytes: 3e6 })[0].words).toBeUndefined();
  });

  it('writes figures for people', () => {
    expect([1234.5, 63.94, 3.1449, 0.0421, 0].map(figures)).toEqual(['1,235', '63.9', '3.14', '0.042', '0']);
    expect(ratioWords(100, 50, 'larger', 'smaller')).toBe('2.0× smaller');
    expect(ratioWords(100, 88, 'larger', 'smaller')).toBe('12% smaller');
    expect(ratioWords(1, 25, 'worse', 'better')).toBe('25× worse');
  });
});

describe('verdict', () => {
  const quantized = (perplexity: number) => verdictOf([{ name: 'quantize', before, after: { ...after, perplexity } }]);

  it('says what was gained, what it cost, and what to think of it', () => {
    expect(quantized(63.9)).toEqual({
      text: '5.9× smaller, 3.6× faster, 5.6% worse on perplexity: a good trade.',
      tone: 'good',
    });
    expect(quantized(60.51).text).toBe('5.9× smaller, 3.6× faster, as good on perplexity: close to free.');
    expect(quantized(75)).toMatchObject({ tone: 'warn' });
    expect(quantized(200)).toMatchObject({
      tone: 'bad',
      text: expect.stringContaining('3.3× worse on perplexity: a high price'),
    });
  });

  it('never calls a loss without a gain a good trade', () => {
    const worse = verdictOf([{ name: 'quantize', before, after: { ...before, perplexity: 70 } }]);
    expect(worse).toEqual({ text: '16% worse on perplexity: not a gain.', tone: 'bad' });
  });

  it('names what got worse where nearly all is better', () => {
    const later = { ...after, perplexity: 50, timeToFirstTokenMs: 400 };
    expect(verdictOf([{ name: 'quantize', before, after: later }]).text).toMatch(/: better in all but first token\.$/);
    expect(verdictOf([{ name: 'quantize', before, after: { ...after, perplexity: 50 } }]).text).toMatch(
      /: better all round\.$/,
    );
  });

  it('does not claim quality that was not measured', () => {
    const { perplexity: _, ...fast } = after;
    expect(verdictOf([{ name: 'quantize', before, after: fast }]).text).toContain('quality was not measured');
  });

  it('judges learning by rows that were not trained on', () => {
    const learned = (perplexity: number) => verdictOf([{ name: 'finetune', before, after: { ...before, perplexity } }]);
    expect(learned(8)).toEqual({
      text: 'Perplexity 60.5 to 8.00 on rows it did not see: it learned your data well.',
      tone: 'good',
    });
    expect(learned(60.4)).toMatchObject({ tone: 'warn' });
    expect(learned(90)).toMatchObject({ tone: 'bad' });
  });

  it('takes a chain of steps from its first measurement to its last', () => {
    const chain = verdictOf([
      { name: 'finetune', before, after: { ...before, perplexity: 8 } },
      { name: 'quantize', before: { ...before, perplexity: 8 }, after: { ...after, perplexity: 9 } },
    ]);
    expect(chain.text).toBe('5.9× smaller, 3.6× faster, 6.7× better on perplexity: better all round.');
  });

  it('export and profile', () => {
    const checks = [
      { name: 'tokens', passed: true },
      { name: 'logits', passed: true },
    ];
    expect(verdictOf([{ name: 'export', target: 'gguf-f16', checks }])).toEqual({
      text: 'Written as GGUF and loaded again: all 2 checks passed.',
      tone: 'good',
    });
    expect(verdictOf([{ name: 'export', target: 'onnx', checks: [{ name: 'logits', passed: false }] }]).tone).toBe(
      'bad',
    );
    expect(verdictOf([{ name: 'profile' }], after).text).toBe(
      'Writes 182 tokens/s, reads 1,130 tokens/s, first token after 61.0 ms, in 214 MB of memory.',
    );
  });
});

describe('answers side by side', () => {
  it('marks the words that changed', () => {
    const {
      before: a,
      after: b,
      kind,
    } = compareAnswers(
      'You arrived later than planned. Is it okay?',
      'You arrived later than expected. Is it alright?',
    );
    expect(kind).toBe('reworded');
    expect(b.filter((p) => p.changed).map((p) => p.text.trim())).toEqual(['expected.', 'alright?']);
    expect(a.map((p) => p.text).join('')).toBe('You arrived later than planned. Is it okay?');
  });

  it('marks nothing where everything differs or nothing does', () => {
    expect(compareAnswers('yes', 'yes ').kind).toBe('same');
    const other = compareAnswers('The capital is Lima.', 'I like trains and boats');
    expect(other.kind).toBe('different');
    expect(other.after.some((p) => p.changed)).toBe(false);
  });

  it('keeps every word of long answers', () => {
    const long = Array.from({ length: 900 }, (_, i) => `w${i}`).join(' ');
    expect(
      compareAnswers(long, `${long} end`)
        .after.map((p) => p.text)
        .join(''),
    ).toBe(`${long} end`);
  });
});

describe('a classifier', () => {
  const report = (accuracy: number, baseline: number, testRows: number) =>
    transferReport({
      accuracy,
      macroF1: accuracy,
      labels: ['a', 'b'],
      ece: 0.02,
      loss: 0.3,
      trainRows: 4 * testRows,
      testRows,
      perClass: [],
      baseline: { method: 'TF-IDF', accuracy: baseline, macroF1: baseline },
      majority: { accuracy: 0.5, macroF1: 0.33 },
    })!;

  it.each([
    [0.95, 0.85, 400, 'earns its size', 'good'],
    [0.85, 0.95, 400, 'plain method is better', 'warn'],
    [0.95, 0.94, 100, 'too close to tell', 'neutral'],
    [0.5, 0.6, 400, 'no better than always saying', 'warn'],
  ])('%f against %f on %i texts', (accuracy, baseline, rows, words, tone) => {
    const verdict = transferVerdict(report(accuracy, baseline, rows));
    expect(verdict.text).toContain(words);
    expect(verdict.tone).toBe(tone);
  });

  it('is not drawn from a document of another kind', () => {
    expect(transferReport({ losses: [1, 2] })).toBeUndefined();
    expect(transferReport(undefined)).toBeUndefined();
  });
});
