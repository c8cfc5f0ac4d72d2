/** Words of quantization. */
import type { TechniqueWords } from './field-words.ts';

export const quantize: TechniqueWords = {
  method: {
    help: 'How the roundings are chosen. GPTQ and AWQ look at text first: slower, closer to the original.',
    choices: {
      rtn: 'Round to nearest',
      dynamic: 'Dynamic int8',
      float16: 'Half precision',
      gptq: 'GPTQ, looks at text',
      awq: 'AWQ, looks at text',
      hqq: 'HQQ, better grids',
    },
    common: true,
  },
  bits: { help: 'Fewer bits: smaller, less exact.', unit: 'bits', common: true },
  groupSize: {
    unit: 'weights',
    help: 'Weights that share a scale. Smaller groups: more exact, larger file.',
    choices: { '0': 'Whole rows' },
    common: true,
  },
  symmetric: { label: 'Symmetric', common: true },
  embeddingBits: { label: 'Embedding bits', unit: 'bits', common: true },
  headBits: { label: 'Head bits', unit: 'bits' },
  layerBits: { label: 'Bits of single layers', help: 'Such as 0=8, 4-7=3. The screen Layers measures and sets them.' },
  targetSize: { label: 'Size to reach', help: 'Such as 92MB: bits and groups are then chosen layer by layer.' },
  calibrationTokens: { label: 'Text looked at', unit: 'tokens', help: 'How much text GPTQ and AWQ look at.' },
  smooth: {
    label: 'Smoothing',
    help: 'SmoothQuant, for int8 activations: 0.5 moves half of their outliers into weights.',
  },
  rotate: {
    label: 'Rotate first',
    help: 'Spreads outliers over all features: for int8 activations. No gain where weights alone are rounded. Larger where head and embedding are one.',
  },
  recover: {
    label: 'Recovery trains',
    choices: { codes: 'Weights and scales', scales: 'Scales alone, in half the memory' },
  },
  recoverSteps: {
    label: 'Steps of recovery',
    unit: 'steps',
    help: 'Training towards the original. Worth it at 4 bits and below.',
  },
  recoverRate: { label: 'Rate of recovery', help: 'Largest change in a step.' },
  damp: { label: 'Damping', help: 'For GPTQ: raise it when there is little text to look at.' },
  activationOrder: { help: 'For GPTQ: the inputs that fire most are rounded first.' },
  accuracyLevel: { label: 'Activations', choices: { '1': 'Float32, exact', '4': 'Int8, faster' } },
  evalExamples: { label: 'Examples measured', unit: 'rows' },
  measure: { label: 'Measure before and after' },
};
