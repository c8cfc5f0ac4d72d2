/** Adapt's estimate knows what it is for: decoders, quantized ones too, and cascades of chat models, as measured on the starter. */
import { describe, expect, it } from 'vitest';
import { estimateStep } from '../../app/recipes/estimates/index.ts';
import type { ModelShape } from '../../app/recipes/estimates/shape.ts';

/** The starter, and it in 4 bits. */
const starter: ModelShape = {
  parameters: 7344384,
  vocabulary: 4096,
  layers: 8,
  width: 256,
  inner: 768,
  heads: 4,
  contextLength: 1024,
  sizeBytes: 14_696_720,
  format: 'float16',
  untied: false,
  continues: true,
};
const int4: ModelShape = { ...starter, sizeBytes: 5_567_529, format: 'int4' };
const machine = { key: 'one thread', flops: 115e9, bandwidth: 77e9 };
const room = { memoryBytes: 20e9, diskBytes: 50e9 };
type Extra = Partial<Omit<Parameters<typeof estimateStep>[1], 'model' | 'options'>>;
const estimate = (model: ModelShape, options: Record<string, unknown> = {}, extra: Extra = {}) =>
  estimateStep('adapt', { model, machine, options, ...extra }, room);

const text = { rows: 1, tokens: 25_000, meanTokens: 25_000 };

describe('a decoder', () => {
  // 20,000 tokens of text, one thread: 13.6 s and 10.8 s of processor time, 419 MB and 380 MB at most.
  it.each([
    ['in floats', starter, 13.6, 419e6],
    ['in 4 bits', int4, 10.8, 380e6],
  ])('%s takes the time and memory that were measured', (_, model, seconds, bytes) => {
    const found = estimate(model, { tokens: 20_000 }, { data: text });
    expect(found).toMatchObject({ fits: 'yes', reason: undefined });
    expect(found.seconds.low).toBeLessThan(seconds);
    expect(found.seconds.high).toBeGreaterThan(seconds);
    expect(found.memoryBytes / bytes).toBeGreaterThan(0.9);
    expect(found.memoryBytes / bytes).toBeLessThan(1.25);
  });

  it('reads no more text than there is, nor more than it may', () => {
    const seconds = (tokens: number, most: number) =>
      estimate(starter, { tokens: most }, { data: { ...text, tokens } }).seconds.mid;
    expect(seconds(10_000, 60_000)).toBe(seconds(10_000, 20_000));
    expect(seconds(1e6, 60_000)).toBe(seconds(2e6, 60_000));
    expect(seconds(1e6, 60_000)).toBeGreaterThan(seconds(1e6, 20_000));
  });

  it('stays in its format, and takes longer with more exits', () => {
    const found = estimate(int4);
    expect(found.resultFormat).toBe('int4');
    expect(found.resultBytes).toBeGreaterThan(int4.sizeBytes);
    const one = estimate(int4, { exits: [6] }).seconds.mid;
    expect(one).toBeLessThan(found.seconds.mid);
    expect(estimate(int4, { keepExits: true }).seconds.mid).toBeLessThan(one);
  });

  it('that does not fit may read half the text', () => {
    const wide = { ...starter, width: 2048 };
    const whole = estimate(wide, {}, { data: { ...text, tokens: 60_000 } });
    const tight = { ...room, memoryBytes: whole.memoryBytes - 1 };
    const data = { ...text, tokens: 60_000 };
    const found = estimateStep('adapt', { model: wide, machine, options: {}, data }, tight);
    expect(found.fits).toBe('no');
    expect(found.remedies).toMatchObject([{ label: 'Read half the text', options: { tokens: 30_000 } }]);
  });
});

describe('a cascade of chat models', () => {
  const data = { rows: 128, tokens: 128 * 90, meanTokens: 90, supervisedShare: 0.45 };
  const options = { cascade: 'small', answerTokens: 32 };

  // 128 questions, the starter in 4 bits before the starter, one thread: 6.4 s of processor time, 211 MB at most.
  it('takes the time and memory that were measured', () => {
    const found = estimate(starter, options, { data, student: int4 });
    expect(found.seconds.low).toBeLessThan(6.4);
    expect(found.seconds.high).toBeGreaterThan(6.4);
    expect(found.memoryBytes / 211e6).toBeGreaterThan(0.9);
    expect(found.memoryBytes / 211e6).toBeLessThan(1.25);
    expect(found.resultBytes).toBe(starter.sizeBytes + int4.sizeBytes);
  });

  it('costs what both cost, by questions and answers', () => {
    const seconds = (extra: Extra, more = {}) => estimate(starter, { ...options, ...more }, extra).seconds.mid - 3;
    const both = seconds({ data, student: int4 });
    expect(seconds({ data: { ...data, rows: 256 }, student: int4 })).toBeGreaterThan(1.8 * both);
    expect(seconds({ data })).toBeGreaterThan(both);
    expect(seconds({ data, student: int4 }, { answerTokens: 8 })).toBeLessThan(both);
  });

  it('may be of quantized models', () => {
    expect(estimate(int4, options, { data, student: int4 })).toMatchObject({ fits: 'yes', reason: undefined });
  });

  it('is none where no model was chosen', () => {
    expect(estimate(starter, { cascade: '' })).toEqual(estimate(starter));
  });
});

it('a classifier that is quantized is refused, as nothing can be trained in it', () => {
  const found = estimate({ ...int4, continues: undefined, classifies: true });
  expect(found).toMatchObject({ fits: 'no', reason: expect.stringContaining('quantized already') });
});
