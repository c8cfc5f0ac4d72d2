/** Which measurement on held-out rows is the best, when to stop, and how often to measure. */
import { describe, expect, it } from 'vitest';
import { bestOf, evaluationInterval, isExhausted } from '../../app/techniques/finetune/early-stopping.ts';

const at = (...losses: number[]) => losses.map((loss, i) => ({ step: i * 10, loss }));

describe('the best measurement', () => {
  it('is the lowest after the first step, of equal ones the first', () => {
    expect(bestOf(at(1, 3, 2, 2, 4))).toEqual({ step: 20, loss: 2 });
    expect(bestOf(at(1))).toBeUndefined();
  });

  it('is waited for as long as asked', () => {
    expect(isExhausted(at(5, 4, 3, 3.5, 3.2), 2)).toBe(true);
    expect(isExhausted(at(5, 4, 3, 3.5), 2)).toBe(false);
    expect(isExhausted(at(5, 4, 3, 3.5, 2.9), 2)).toBe(false);
    expect(isExhausted(at(5, 4, 6, 7, 8), undefined)).toBe(false);
  });
});

describe('the steps between measurements', () => {
  it('are an eighth of the run where measuring is cheap', () => {
    expect(evaluationInterval(800, 1e6, 1000)).toBe(100);
    expect(evaluationInterval(3, 1e6, 1000)).toBe(1);
  });

  it('grow where measuring costs as much as training, up to one measurement in a run', () => {
    expect(evaluationInterval(100, 10_000, 3000)).toBe(50);
    expect(evaluationInterval(100, 10_000, 1e6)).toBe(100);
  });
});
