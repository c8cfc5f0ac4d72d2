import { describe, expect, it } from 'vitest';
import { csvOf } from '../../renderer/charts/csv.ts';
import { niceSteps, niceTicks } from '../../renderer/pages/jobs/live/ticks.ts';
import { layerBytes, layerOf } from '../../renderer/pages/jobs/result/layer-bytes.ts';
import { nextSteps } from '../../renderer/pages/jobs/result/next-steps.ts';
import { operatorShares } from '../../renderer/pages/jobs/result/profile-report.ts';
import { questionsOf } from '../../renderer/wizards/frame/steps/questions.ts';

describe('axes', () => {
  it('enclose all values with round ticks', () => {
    expect(niceTicks(1.44, 3.7, 4)).toEqual([1, 2, 3, 4]);
    expect(niceTicks(0, 0.23, 4)).toEqual([0, 0.1, 0.2, 0.3]);
    expect(niceTicks(0.1, 0.3, 2)).toEqual([0.1, 0.2, 0.3]);
    expect(niceTicks(0, 0, 4)).toEqual([0, 1]);
  });

  it('count steps in whole numbers', () => {
    expect(niceSteps(0, 600, 6)).toEqual([0, 100, 200, 300, 400, 500, 600]);
    expect(niceSteps(0, 3, 6)).toEqual([0, 1, 2, 3]);
    expect(niceSteps(7, 13, 6)).toEqual([7, 8, 9, 10, 11, 12, 13]);
  });
});

describe('data of charts', () => {
  it('quotes what would break a line of values', () => {
    expect(
      csvOf(
        [
          { a: 1, b: 'x,"y"' },
          { a: undefined, b: 2 },
        ],
        ['a', 'b'],
      ),
    ).toBe('a,b\n1,"x,""y"""\n,2');
  });

  it('sums tensors by layer, the embedding first, the head last', () => {
    const tensor = (name: string, bytes: number) => ({ name, bytes, shape: [], dtype: 'F32' });
    const names = [
      'model.layers.10.mlp.up.weight',
      'lm_head.weight',
      'model.embed_tokens.weight',
      'model.layers.2.q.weight',
    ];
    const before = names.map((name) => tensor(name, 8));
    expect(layerBytes(before, [tensor(names[0], 2)])).toEqual([
      { name: 'embed', before: 8, after: undefined },
      { name: '2', before: 8, after: undefined },
      { name: '10', before: 8, after: 2 },
      { name: 'head', before: 8, after: undefined },
    ]);
    expect(layerOf('transformer.h.3.attn.weight')).toBe('3');
    expect(layerOf('blk.7.ffn.weight')).toBe('7');
  });

  it('shares the time out to operators, small ones together', () => {
    const operators = Array.from({ length: 10 }, (_, i) => ({ operator: `Op${i}`, milliseconds: 10 - i }));
    const shares = operatorShares({ operators: [...operators, { operator: 'Op0', milliseconds: 45 }] });
    expect(shares[0]).toEqual({ name: 'Op0', share: 0.55 });
    expect(shares.at(-1)?.name).toBe('others');
    expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
  });
});

describe('what comes next', () => {
  const job = { techniques: ['quantize'], results: ['m-int4'], exports: [], model: 'm' };

  it('compares what was made with what it was made from', () => {
    expect(nextSteps(job)[0]).toMatchObject({
      title: 'Chat with both versions',
      to: '/playground?left=m&right=m-int4',
    });
    expect(nextSteps({ ...job, techniques: ['finetune'], datasetId: 'd1' })[1].to).toBe(
      '/quantize?model=m-int4&dataset=d1',
    );
  });

  it('offers what makes sense after an export, a profile, or nothing', () => {
    expect(nextSteps({ ...job, techniques: ['export'], results: [] })[0]).toMatchObject({ to: '/playground?left=m' });
    expect(nextSteps({ ...job, techniques: ['profile'], results: [] }).map(({ to }) => to)).toContain('/compare');
    expect(nextSteps({ ...job, model: undefined, results: [] })).toHaveLength(1);
  });
});

describe('prompts from data', () => {
  it('finds the question in every format', () => {
    expect(
      questionsOf([
        {
          messages: [
            { role: 'system', content: 'Be kind.' },
            { role: 'user', content: 'Sun for a fern?' },
          ],
        },
        { conversations: [{ from: 'human', value: 'Water?' }] },
        { instruction: 'Say hello.' },
        { prompt: ' Water? ' },
        { label: 3 },
        undefined,
        { text: 'x'.repeat(500) },
      ]),
    ).toEqual(['Sun for a fern?', 'Water?', 'Say hello.']);
  });
});
