import { describe, expect, it } from 'vitest';
import { estimateStep } from '../../app/recipes/estimates/index.ts';

const model = {
  parameters: 7.3e6,
  vocabulary: 4096,
  layers: 8,
  width: 256,
  inner: 768,
  heads: 4,
  contextLength: 512,
  sizeBytes: 14.7e6,
  format: 'float16',
  untied: false,
};
const room = { memoryBytes: 20e9, diskBytes: 50e9 };
const machine = { flops: 45e9, bandwidth: 50e9 } as Parameters<typeof estimateStep>[1]['machine'];
const estimate = (technique: string, format: string, options: Record<string, unknown> = {}) =>
  estimateStep(technique, { model: { ...model, format }, machine, options }, room);

describe('estimates of steps that cannot be done', () => {
  it.each(['finetune', 'distill', 'prune', 'quantize'])('%s refuses a model that is quantized already', (technique) => {
    expect(estimate(technique, 'float16').fits).toBe('yes');
    expect(estimate(technique, 'int8')).toMatchObject({
      fits: 'no',
      reason: expect.stringContaining('quantized already'),
    });
  });

  it('speeding up is for models that continue a text', () => {
    expect(estimate('optimize', 'float16')).toMatchObject({
      fits: 'no',
      reason: expect.stringContaining('continues a text'),
    });
    const writing = { ...model, format: 'float16', continues: true };
    expect(estimateStep('optimize', { model: writing, machine, options: {} }, room).fits).toBe('yes');
  });

  it('export of a quantized model offers the targets there are', () => {
    expect(estimate('export', 'int4', { target: 'onnx' }).fits).toBe('yes');
    const refused = estimate('export', 'int4', { target: 'gguf' });
    expect(estimate('export', 'int4', { target: 'gptq' }).fits).toBe('yes');
    expect(estimate('export', 'float16', { target: 'gptq' })).toMatchObject({ fits: 'no' });
    expect(refused.fits).toBe('no');
    expect(refused.remedies).toMatchObject([{ label: 'Export as ONNX', options: { target: 'onnx' } }]);
  });
});

it('an export of several files is as large as all of them', () => {
  const bytes = (target: string, format = 'float32') => estimate('export', format, { target }).resultBytes!;
  expect(bytes('transformers.js')).toBeGreaterThan(8 * model.parameters);
  expect(bytes('onnxruntime-mobile')).toBe(model.sizeBytes + 4 * model.parameters);
  expect(bytes('transformers.js', 'int4')).toBe(model.sizeBytes);
});

it('an export of MiniLM for transformers.js is as large as its five files', () => {
  const miniLm = { ...model, parameters: 22_713_216, vocabulary: 30522, width: 384, format: 'float32', whole: true };
  const options = { target: 'transformers.js' };
  const { resultBytes } = estimateStep('export', { model: miniLm, machine, options }, room);
  const measured = 90_935_425 + 45_569_549 + 58_712_883 + 30_093_865 + 30_030_389;
  expect(resultBytes! / measured).toBeCloseTo(1, 2);
});

describe('a student', () => {
  const of = (student: string) => estimate('distill', 'float16', { student });

  it('is as large as the layers it keeps, and as fast as it is small', () => {
    const [whole, half, fresh] = [of('layers:8'), of('layers:0.5'), of('fresh:layers=0.5,width=0.5')];
    expect(whole.resultParameters).toBe(model.parameters);
    const embedding = model.vocabulary * model.width;
    expect(half.resultParameters).toBe(embedding + (model.parameters - embedding) / 2);
    expect(fresh.resultParameters).toBe(embedding / 2 + (model.parameters - embedding) / 8);
    const { now, result } = half.decodeTokensPerSecond!;
    expect(result).toBeGreaterThan(now);
    expect(half.resultBytes).toBeLessThan(model.sizeBytes);
  });

  it('whose layers are matched has its teacher beside it in every pass', () => {
    const [alone, beside] = ['none', 'hidden'].map((match) => estimate('distill', 'float16', { match, epochs: 5 }));
    expect(beside.memoryBytes).toBeGreaterThan(alone.memoryBytes);
    expect(beside.seconds.mid).toBeGreaterThan(alone.seconds.mid);
    // Of a bare encoder the layers are all that can be matched.
    const encoder = { ...model, whole: true };
    const bare = estimateStep('distill', { model: encoder, machine, options: { epochs: 5 } }, room);
    expect(bare.memoryBytes).toBe(beside.memoryBytes);
  });
});
