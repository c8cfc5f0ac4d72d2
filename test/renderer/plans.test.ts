import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { COMMANDS } from '../../app/cli/commands/index.ts';
import { plan } from '../../app/contract/recipes.ts';
import { distillPlan, distillSummary, studentText } from '../../renderer/wizards/distill/plan.ts';
import { exportPlan, exportSummary } from '../../renderer/wizards/export/plan.ts';
import { finetunePlan, finetuneSummary } from '../../renderer/wizards/finetune/plan.ts';
import { type Field, fieldsOf, type ParameterSchema } from '../../renderer/wizards/form/fields.ts';
import type { Plan, WizardForm } from '../../renderer/wizards/frame/plan.ts';
import { profilePlan, profileSummary } from '../../renderer/wizards/profile/plan.ts';
import { curveOf, goneLayers, layersGone, withLayers } from '../../renderer/wizards/prune/curve.ts';
import { prunePlan, pruneSummary } from '../../renderer/wizards/prune/plan.ts';
import { protectedBits, quantizePlan, quantizeSummary, sizeOfBits } from '../../renderer/wizards/quantize/plan.ts';
import { transferPlan, transferSummary } from '../../renderer/wizards/transfer/plan.ts';

const command = (name: string) => COMMANDS.find((c) => c.name === name)!;
const fields = (name: string): Field[] =>
  fieldsOf(z.toJSONSchema(command(name).options, { io: 'input' }) as ParameterSchema, name, ['out', 'data']);

const form: WizardForm = {
  model: { id: 'smollm2', name: 'SmolLM2-135M-Instruct' },
  dataset: { id: 'd1', name: 'care-chat.jsonl' },
  options: {},
  prompts: [],
};

/** What a wizard plans must be what the contract and the command take. */
function accepted(value: Plan): Plan {
  for (const { name, options } of value.steps) {
    const { options: schema } = command(name);
    expect(Object.keys(options).filter((key) => !(key in schema.shape))).toEqual([]);
    schema.partial().parse(options);
  }
  return plan.parse(value);
}

describe('plans are what contract and command take', () => {
  it('fine-tune', () => {
    const made = finetunePlan(
      { ...form, options: { rank: 16, learningRate: 0.001, epochs: 1, packing: false } },
      fields('finetune'),
    );
    expect(accepted(made)).toEqual({
      name: 'SmolLM2-135M-Instruct-care-chat',
      modelId: 'smollm2',
      datasetId: 'd1',
      steps: [{ name: 'finetune', options: { rank: 16, learningRate: 0.001, packing: false } }],
    });
  });

  it('distil', () => {
    const chosen = { ...form, options: { student: 'layers:0.4', epochs: 8, temperature: 2 } };
    expect(accepted(distillPlan(chosen, fields('distill')))).toEqual({
      name: 'SmolLM2-135M-Instruct-care-chat-small',
      modelId: 'smollm2',
      datasetId: 'd1',
      steps: [{ name: 'distill', options: { epochs: 8, student: 'layers:0.4' } }],
    });
    expect(distillPlan(form, fields('distill')).steps[0].options).toEqual({ student: 'layers:0.5' });
    expect(distillSummary(fields('distill'), { method: 'sequence' })).toBe('From the teacher’s answers, 3 epochs');
    expect(distillSummary(fields('distill'), { student: 'layers:0.5', steps: 9 })).toBe(
      'Half of its layers from the teacher’s every thought, 9 steps',
    );
    expect(studentText('layers:0.4')).toBe('40% of its layers');
    expect(studentText('tiny')).toBe('the model tiny');
  });

  it('prune', () => {
    const made = prunePlan({ ...form, options: { method: 'depth', by: 'influence', amount: 3 } }, fields('prune'));
    expect(accepted(made)).toMatchObject({ name: 'SmolLM2-135M-Instruct-pruned', datasetId: 'd1' });
    expect(pruneSummary(fields('prune'), { amount: 0.25 })).toBe('25% of the layers');
    const curve = curveOf({ removed: { layers: [7, 2], perplexities: [60.5, 66, 74], of: 30 } });
    expect(goneLayers(curve, 1)).toEqual(new Set([7]));
    expect(goneLayers(curve, 3)).toBeUndefined();
    expect(curveOf({ removed: { neurons: 3, of: 9 } })).toBeUndefined();
    expect([layersGone(undefined, 30), layersGone(0.5, 8), layersGone(99, 8)]).toEqual([3, 4, 7]);
    expect(pruneSummary(fields('prune'), { method: 'vocabulary' })).toBe('all unused of the vocabulary');
    expect(pruneSummary(fields('prune'), { method: 'width', part: 'channels', amount: 0.2 })).toBe(
      '20% of the width (channels)',
    );
    expect(pruneSummary(fields('prune'), { layers: [3, 1], recover: 'distill' })).toBe(
      '2 layers, recovered from the whole model',
    );
    const measured = { removed: [4, 2], perplexities: [1, 2, 3] };
    expect(withLayers({ amount: 0.1, by: 'influence', recover: 'full' }, 2, measured)).toEqual({
      method: 'depth',
      layers: [4, 2],
      recover: 'full',
    });
    expect(withLayers({ layers: [4], by: 'influence' }, 3, measured)).toEqual({
      method: 'depth',
      by: 'influence',
      amount: 3,
    });
  });

  it('transfer, with its columns and the share it measures on', () => {
    const options = { method: 'head', text: 'note', label: 'mood', learningRates: [0.005, 0.01] };
    const made = transferPlan({ ...form, options }, fields('transfer'));
    expect(accepted(made)).toEqual({
      name: 'SmolLM2-135M-Instruct-care-chat',
      modelId: 'smollm2',
      datasetId: 'd1',
      steps: [
        {
          name: 'transfer',
          options: { text: 'note', label: 'mood', learningRates: [0.005, 0.01], heldOut: 0.2 },
        },
      ],
    });
    expect(transferSummary(fields('transfer'), options)).toBe('the best of 2 heads on the frozen model');
    expect(transferSummary(fields('transfer'), { method: 'full', epochs: 4 })).toBe('every weight, 4 epochs');
  });

  it('fine-tune refuses to plan without data', () => {
    expect(() => finetunePlan({ ...form, dataset: undefined }, [])).toThrow('data set');
  });

  it('quantize, measured on the data where there is some', () => {
    const made = quantizePlan({ ...form, options: { bits: 8, groupSize: 64 } }, fields('quantize'));
    expect(accepted(made)).toMatchObject({
      name: 'SmolLM2-135M-Instruct-int8',
      evaluateId: 'd1',
      steps: [{ name: 'quantize', options: { bits: 8, groupSize: 64 } }],
    });
    expect(accepted(quantizePlan({ ...form, dataset: undefined }, fields('quantize')))).not.toHaveProperty(
      'evaluateId',
    );
  });

  it('profile', () => {
    const made = profilePlan({ ...form, options: { contexts: [32, 128] } }, fields('profile'));
    expect(accepted(made).steps).toEqual([{ name: 'profile', options: { contexts: [32, 128] } }]);
    expect(made).not.toHaveProperty('datasetId');
  });

  it.each([
    [{}, { target: 'onnx' }],
    [
      { target: 'gguf', type: 'q8_0' },
      { target: 'gguf', type: 'q8_0' },
    ],
    [
      { target: 'gguf', type: 'q4_k', tensorTypes: ['attn_v=q6_k'], imatrix: '' },
      { target: 'gguf', type: 'q4_k', tensorTypes: ['attn_v=q6_k'] },
    ],
    [
      { target: 'gguf', type: 'q4_k', plan: 'smollm2-90MB' },
      { target: 'gguf', type: 'q4_k', plan: 'smollm2-90MB' },
    ],
    [{ place: 'vllm', target: 'gptq', plan: 'smollm2-90MB' }, { target: 'gptq' }],
    [{ place: 'android', target: 'onnxruntime-mobile' }, { target: 'onnxruntime-mobile' }],
    // How GGUF stores weights is left over from a choice that was changed.
    [{ target: 'safetensors', type: 'q8_0', tensorTypes: ['attn_v=q6_k'] }, { target: 'safetensors' }],
  ])('export %j', (options, step) => {
    expect(accepted(exportPlan({ ...form, options }, fields('export'))).steps).toEqual([
      { name: 'export', options: step },
    ]);
  });
});

describe('sizes and bits of quantization', () => {
  it('names a size that the setting takes', () => {
    expect([1.2e5, 135e6, 7e9, 7e10].map((weights) => sizeOfBits(5, weights))).toEqual([
      '75kB',
      '84.4MB',
      '4375MB',
      '43.8GB',
    ]);
    const options = { targetSize: sizeOfBits(5, 135e6) };
    expect(accepted(quantizePlan({ ...form, options }, fields('quantize')))).toMatchObject({
      name: 'SmolLM2-135M-Instruct-84.4MB',
      steps: [{ name: 'quantize', options: { targetSize: '84.4MB' } }],
    });
  });

  it('gives more bits to the eighth of the layers that lose most', () => {
    const layers = [3, 9, 1, 2, 8, 1, 1, 1, 1].map((loss, layer) => ({
      layer,
      parameters: 10,
      losses: [3, 4, 6, 8].map((bits) => ({ bits, loss: loss / bits })),
    }));
    expect([...protectedBits(layers, 4)]).toEqual([
      [1, 8],
      [4, 8],
    ]);
    expect([...protectedBits(layers, 8)]).toEqual([]);
  });
});

describe('summaries', () => {
  it('says what a set of settings amounts to', () => {
    expect(finetuneSummary(fields('finetune'), { rank: 16 })).toBe('LoRA rank 16, 1 epoch');
    expect(finetuneSummary(fields('finetune'), { method: 'full', epochs: 3 })).toBe('All weights, 3 epochs');
    expect(finetuneSummary(fields('finetune'), { steps: 200 })).toBe('LoRA rank 8, 200 steps');
    expect(quantizeSummary(fields('quantize'), {})).toBe('4 bits, groups of 32, embeddings 8 bits');
    expect(quantizeSummary(fields('quantize'), { method: 'float16' })).toBe('16 bits, half precision');
    expect(quantizeSummary(fields('quantize'), { targetSize: '92MB' })).toBe('92MB, bits chosen layer by layer');
    expect(quantizeSummary(fields('quantize'), { layerBits: '0=8' })).toBe(
      '4 bits, groups of 32, embeddings 8 bits; layers 0=8',
    );
    expect(profileSummary(fields('profile'), {})).toBe('contexts 64 and 512, 3 repeats');
    expect(exportSummary({ target: 'gguf' })).toBe('GGUF, f16');
  });
});
