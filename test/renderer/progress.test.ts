import { describe, expect, it } from 'vitest';
import type { Estimate } from '../../app/contract/techniques.ts';
import { remaining } from '../../renderer/pages/jobs/eta.ts';
import { expectation } from '../../renderer/pages/jobs/expectation.ts';
import { consequenceOf } from '../../renderer/wizards/frame/consequence.ts';

describe('time left', () => {
  const steady = Array.from({ length: 101 }, (_, step) => ({ step, time: 1 + step * 250 }));

  it('is the pace of recent steps times what remains', () => {
    expect(remaining(steady, 500)).toEqual({ mid: 100_000, low: 100_000, high: 100_000 });
    expect(remaining(steady, 100)?.mid).toBe(0);
  });

  it('is not moved by one pause', () => {
    const paused = steady.map(({ step, time }) => ({ step, time: step > 90 ? time + 3_600_000 : time }));
    expect(remaining(paused, 500)?.mid).toBe(100_000);
  });

  it('follows a change of pace', () => {
    const slower = steady.map(({ step, time }) => ({ step, time: step > 40 ? time * 2 : time }));
    expect(remaining(slower, 200)?.mid).toBe(50_000);
  });

  it('says nothing before it knows anything', () => {
    expect(remaining([], 10)).toBeUndefined();
    expect(remaining([{ step: 1, time: 5 }], 10)).toBeUndefined();
  });

  it('reads steps that were told in one go, and ignores those whose time is not known', () => {
    const batches = steady.map(({ step }) => ({ step, time: step < 40 ? 0 : 1 + Math.ceil(step / 5) * 1250 }));
    expect(remaining(batches, 500)?.mid).toBeCloseTo(100_000);
  });

  it('reads down-sampled steps', () => {
    expect(
      remaining(
        steady.filter(({ step }) => step % 10 === 0),
        140,
      )?.mid,
    ).toBe(10_000);
  });
});

describe('curves', () => {
  it('finds the curve it was drawn from', () => {
    const points = Array.from({ length: 300 }, (_, i) => ({ step: i + 1, loss: 1.5 + 4 / Math.sqrt(i + 1) }));
    const fitted = expectation(points);
    expect(fitted?.at(600)).toBeCloseTo(1.5 + 4 / Math.sqrt(600), 6);
    expect(fitted?.band).toBeCloseTo(0, 6);
  });

  it('expects nothing of a loss that rises, or of a few points', () => {
    expect(expectation(Array.from({ length: 99 }, (_, i) => ({ step: i + 1, loss: 1 + i / 50 })))).toBeUndefined();
    expect(expectation([{ step: 1, loss: 3 }])).toBeUndefined();
  });
});

describe('consequences', () => {
  const estimate: Estimate = {
    seconds: { low: 800, mid: 1080, high: 1300 },
    memoryBytes: 2.9e9,
    memoryAvailableBytes: 22e9,
    diskBytes: 0.6e9,
    diskFreeBytes: 118e9,
    resultBytes: 271e6,
    fits: 'yes',
    remedies: [],
    rows: 512,
    usableRows: 512,
    supervisedShare: 0.61,
    basis: 'arithmetic',
  };
  const remedies = [{ label: 'Use LoRA', options: { method: 'lora' }, memoryBytes: 6e9 }];

  it('is quiet when all is well', () => {
    expect(consequenceOf(estimate)).toEqual({ level: 'ok', notices: [], blocksNext: false });
  });

  it('is amber when memory is tight, red when it will not fit, each with its way out', () => {
    const tight = consequenceOf({ ...estimate, memoryBytes: 20e9, fits: 'tight', remedies });
    const remedy = { label: 'Use LoRA', options: { method: 'lora' }, cost: '6.0 GB' };
    expect(tight).toMatchObject({ level: 'warn', blocksNext: false, notices: [{ remedies: [remedy] }] });
    const never = consequenceOf({ ...estimate, memoryBytes: 41e9, fits: 'no', remedies });
    expect(never).toMatchObject({
      level: 'bad',
      blocksNext: true,
      notices: [{ title: 'Will not fit', remedies: [remedy] }],
    });
    expect(never.notices[0].reason).toBe('It needs about 41.0 GB of the 22.0 GB that are free.');
  });

  it('says when a step cannot be done to this model, whatever the memory', () => {
    const refused = consequenceOf({ ...estimate, fits: 'no', reason: 'It is quantized already.', remedies: [] });
    expect(refused).toMatchObject({
      blocksNext: true,
      notices: [{ title: 'Will not work', reason: 'It is quantized already.' }],
    });
  });

  it('tells of rows that cannot be used or do not teach', () => {
    expect(consequenceOf({ ...estimate, usableRows: 0 }).blocksNext).toBe(true);
    const { notices } = consequenceOf({ ...estimate, usableRows: 400, supervisedShare: 0.01 });
    expect(notices.map((n) => n.title)).toEqual(['112 rows will be left out', 'Only 1.0% of tokens teach']);
  });

  it('refuses to fill the disk', () => {
    expect(consequenceOf({ ...estimate, diskBytes: 119e9 })).toMatchObject({ level: 'bad', blocksNext: true });
  });
});
