/** What the page says of a pruned model comes from what the command measured, and nothing else. */
import { expect, it } from 'vitest';
import { pruneReport } from '../../renderer/pages/jobs/result/prune-report.ts';

it('tells what went, what it cost and what came back', () => {
  const report = pruneReport({
    removed: { layers: [14, 3, 7], of: 30 },
    before: { perplexity: 60.5052 },
    pruned: { perplexity: 169.41 },
    after: { perplexity: 89.447 },
    recovery: { steps: 40 },
    regained: 0.6204,
    latency: { kind: 'token', target: 16, before: 20.39, after: 16.04, reached: false },
  });
  expect(report).toEqual({
    gone: 'Layers 3, 7 and 14 of 30',
    facts: [
      ['Perplexity', '60.51 → 169.4 at once → 89.45 after 40 steps'],
      ['Brought back', '62% of what was lost'],
      ['Time of a token', '20.4 → 16.0 ms, not within 16 ms'],
    ],
  });
});

it.each([
  [{ removed: { layers: [2], of: 8 } }, 'Layer 2 of 8'],
  [{ removed: { neurons: 100, of: 1536 } }, '100 of 1,536 neurons of every layer'],
  [{ removed: { heads: 3, keyValueHeads: 0, of: 9 } }, '3 of 9 query heads of every layer'],
  [{ removed: { channels: 64, of: 576 } }, '64 of 576 channels'],
])('%o: %s', (result, gone) => {
  expect(pruneReport(result)).toEqual({ gone, facts: [] });
});

it('says nothing where there is nothing to say', () => {
  for (const result of [undefined, null, 'text', {}, { removed: {} }]) expect(pruneReport(result)).toBeUndefined();
});
