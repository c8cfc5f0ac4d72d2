/** BLEU and chrF against sacrebleu's. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type BleuOptions, bleu } from '../../app/evaluate/bleu.ts';
import { chrf } from '../../app/evaluate/chrf.ts';

const ROOT = join(import.meta.dirname, '../fixtures/metrics');
const WAYS: Readonly<Record<string, BleuOptions>> = {
  '13a_exp': {},
  none_exp: { tokenize: 'none' },
  '13a_exp_lowercase': { lowercase: true },
  '13a_floor': { smoothing: 'floor' },
  '13a_add-k': { smoothing: 'add-k' },
  '13a_none': { smoothing: 'none' },
};

describe.each(readdirSync(ROOT).filter((name) => name.startsWith('text-')))('%s', (name) => {
  const {
    hypotheses,
    references_by_stream: streams,
    ...reference
  } = JSON.parse(readFileSync(join(ROOT, name, 'cases.json'), 'utf8'));
  const references = hypotheses.map((_: string, i: number) => streams.map((stream: string[]) => stream[i]));

  it.each(Object.keys(WAYS))('has the BLEU of sacrebleu, %s', (way) => {
    const { score, precisions, brevityPenalty, length, referenceLength } = bleu(hypotheses, references, WAYS[way]);
    const expected = reference.bleu[way];
    expect(score).toBeCloseTo(expected.score, 8);
    for (const [n, precision] of expected.precisions.entries()) expect(precisions[n]).toBeCloseTo(precision, 8);
    expect([brevityPenalty, length, referenceLength]).toEqual([expected.bp, expected.sys_len, expected.ref_len]);
  });

  it('has the BLEU of each sentence', () => {
    const scores = hypotheses.map((text: string, i: number) => bleu([text], [references[i]], { effectiveOrder: true }));
    reference.bleu.sentence_13a_exp_effective_order.forEach((score: number, i: number) => {
      expect(scores[i].score).toBeCloseTo(score, 8);
    });
  });

  it('has the chrF and chrF++ of sacrebleu', () => {
    expect(chrf(hypotheses, references)).toBeCloseTo(reference.chrf.chrF2, 8);
    expect(chrf(hypotheses, references, { words: 2 })).toBeCloseTo(reference.chrf['chrF2++'], 8);
    expect(chrf(hypotheses, references, { lowercase: true })).toBeCloseTo(reference.chrf.chrF2_lowercase, 8);
    reference.chrf.sentence_chrF2.forEach((score: number, i: number) => {
      expect(chrf([hypotheses[i]], [references[i]])).toBeCloseTo(score, 8);
    });
  });
});

it('is 0 where nothing is said or nothing fits, and 100 for the reference itself', () => {
  expect(bleu([''], [['la casa']]).score).toBe(0);
  expect(chrf([''], [['la casa']])).toBe(0);
  expect(bleu(['uno dos'], [['la casa es roja']]).score).toBe(0);
  const text = 'La casa roja es grande.';
  expect(bleu([text], [[text]]).score).toBeCloseTo(100, 8);
  expect(chrf([text], [[text]], { words: 2 })).toBeCloseTo(100, 8);
});
