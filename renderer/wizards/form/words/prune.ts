/** Words of pruning. */
import type { TechniqueWords } from './field-words.ts';

export const prune: TechniqueWords = {
  method: {
    label: 'What goes',
    help: 'Whole layers, the width of all layers, tokens that are never used, or single weights.',
    choices: {
      depth: 'Layers',
      width: 'Width',
      vocabulary: 'Vocabulary',
      wanda: 'Weights, by use',
      sparsegpt: 'Weights, made good by the rest',
      magnitude: 'Weights, by size',
    },
    common: true,
  },
  amount: {
    label: 'How much',
    help: 'A share below 1, or how many. Empty: a tenth; half of single weights; all unused tokens.',
    common: true,
  },
  by: {
    label: 'Chosen by',
    help: 'How the least important is found. Perplexity tries each layer: slower, surer.',
    choices: {
      perplexity: 'Perplexity',
      influence: 'Influence',
      angular: 'Angle, layers in a row',
      activation: 'Activation',
      taylor: 'Gradient',
      magnitude: 'Size of weights',
    },
    common: true,
  },
  targetParameters: { label: 'Parameters to reach', help: 'In place of how much.' },
  targetSize: { label: 'Size to reach', help: 'Such as 92MB, in place of how much.' },
  targetLatency: {
    label: 'Time of a token to reach',
    unit: 'ms',
    help: 'In place of how much: models are measured here until one is that fast.',
  },
  targetFirstToken: {
    label: 'Time to the first token to reach',
    unit: 'ms',
    help: 'After 512 tokens, in place of how much.',
  },
  layers: { label: 'Layers that go', help: 'Only for layers: these, counted from 0, without finding out.' },
  shares: {
    label: 'Shares of the layers',
    help: 'Only for single weights, by use or made good.',
    choices: { even: 'All alike', outliers: 'Less where outliers are' },
  },
  part: {
    label: 'Part of the width',
    help: 'Only for width.',
    choices: {
      neurons: 'Neurons',
      heads: 'Query heads',
      groups: 'Key-value groups',
      channels: 'Hidden channels',
    },
  },
  pattern: {
    label: 'Pattern of zeros',
    help: 'Only for single weights.',
    choices: { rows: 'A share of every row', '2:4': '2 of every 4' },
  },
  frequent: { label: 'Frequent tokens kept', unit: 'tokens', help: 'Only for vocabulary: kept whether used or not.' },
  recover: {
    label: 'Recovery',
    help: 'Training afterwards, so that the model gets back what it lost.',
    choices: {
      none: 'None',
      lora: 'Adapters',
      full: 'Every weight',
      distill: 'From the whole model',
    },
    common: true,
  },
  recoverSteps: { label: 'Recovery steps', unit: 'steps', help: 'Only with recovery.', common: true },
  recoverLearningRate: { label: 'Learning rate of recovery' },
  recoverLength: { label: 'Length read in recovery', unit: 'tokens' },
  iterations: { label: 'Rounds', unit: 'rounds', help: 'A little goes and is recovered in each.' },
  calibrationTokens: { label: 'Text looked at', unit: 'tokens', help: 'How much of the data importance is found on.' },
  evalExamples: { label: 'Examples measured', unit: 'rows' },
  measure: { label: 'Measure before and after' },
};
