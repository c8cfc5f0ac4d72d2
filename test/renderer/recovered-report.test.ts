/** What recovery brought is told by the command and on the page of the result alike, from the same figures. */
import { expect, it } from 'vitest';
import { recoveredLine } from '../../app/cli/recovered-line.ts';
import { regained, setApart } from '../../app/techniques/quantize/held-out.ts';
import { recoveredFacts } from '../../renderer/pages/jobs/result/recovered-report.ts';

const heldOut = (divergence: number, perplexity: number) => ({
  tokens: 2040,
  divergence,
  perplexity,
  sourcePerplexity: 60,
});

it('tells the share of the lost perplexity that is there again', () => {
  const recovered = regained({ before: heldOut(0.4, 84), after: heldOut(0.2, 69) });
  expect(recovered.regained).toBeCloseTo(15 / 24, 12);
  expect(recoveredLine(recovered)).toBe(
    'recovery: divergence from the source 0.400 → 0.200, perplexity 84.00 → 69.00 (source 60.00), 63% of the loss regained; on 2040 tokens set apart',
  );
  expect(recoveredFacts({ recovered })).toEqual([
    ['Divergence from the original', '0.400 → 0.200 nats a token'],
    ['Perplexity', '84.00 → 69.00, the original 60.00'],
    ['Brought back', '63% of what was lost'],
    ['Measured on', '2,040 tokens that nothing was learnt from'],
  ]);
});

it('claims nothing where nothing came back or nothing was lost', () => {
  const worse = regained({ before: heldOut(0.4, 84), after: heldOut(0.5, 85) });
  expect(recoveredLine(worse)).toContain('none of the loss regained');
  expect(recoveredFacts({ recovered: worse })).toContainEqual(['Brought back', 'nothing of what was lost']);
  const better = regained({ before: heldOut(0.01, 59.9), after: heldOut(0.005, 60.1) });
  expect(better).not.toHaveProperty('regained');
  expect(recoveredLine(better)).not.toContain('regained');
  expect(recoveredFacts({})).toBeUndefined();
});

it('sets the last windows of a text apart, an eighth at most', () => {
  const windows = Array.from({ length: 180 }, (_, i) => Int32Array.of(...new Array(256).fill(i)));
  const [learnt, held] = setApart(windows);
  expect([learnt.length, held.map((window) => window[0])]).toEqual([172, [172, 173, 174, 175, 176, 177, 178, 179]]);
  expect(setApart(windows.slice(0, 17)).map((part) => part.length)).toEqual([15, 2]);
  expect(setApart(windows.slice(0, 7)).map((part) => part.length)).toEqual([7, 0]);
});
