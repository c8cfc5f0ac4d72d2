/** Words of adaptive computation, and the headings that its settings stand under. */
import { type TechniqueWords, underHeadings } from './field-words.ts';

const words: TechniqueWords = {
  maxLoss: {
    label: 'Most that may be lost',
    unit: 'share',
    help: 'Of the metric: 0.01 is one point, one answer in a hundred.',
    common: true,
  },
  confidence: {
    label: 'How sure',
    unit: 'share',
    help: 'That no more is lost on texts like these. Surer takes more rows to prove.',
    common: true,
  },
  metric: {
    label: 'What may be lost',
    help: 'Right answers need answers in the data; agreement is with the whole model, right or wrong.',
    choices: { accuracy: 'Right answers', agreement: 'Agreement with the whole' },
    common: true,
  },
  method: {
    label: 'What learns',
    help: 'Joint learns most. Heads leave the model as it is. Halting units learn when to stop.',
    choices: { joint: 'All layers, for all exits', heads: 'Heads of the exits only', act: 'All layers, halting units' },
    common: true,
  },
  exit: {
    label: 'Stops where',
    choices: { confidence: 'An exit is sure', patience: 'Exits in a row agree' },
    common: true,
  },
  quantize: {
    label: 'Weights',
    help: 'In 8 bits a quarter of the size; the promise then covers that loss too.',
    choices: { none: 'As they are', int8: 'In 8 bits' },
    common: true,
  },
  ponder: { label: 'Price of a layer', help: 'For halting units: what running a layer costs, in units of the loss.' },
  epochs: { label: 'Epochs', unit: 'passes', help: 'Over the rows that the exits learn from.' },
  batchSize: { unit: 'texts' },
  maxLength: { label: 'Length read', unit: 'tokens', help: 'Longer texts are cut there.' },
  learningRate: { help: 'Largest step size. Too high forgets, too low learns nothing.' },
  calibration: { label: 'Rows for the proof', unit: 'share', help: 'The more, the more can be promised.' },
  tuning: {
    label: 'Rows for the thresholds',
    unit: 'share',
    help: 'Ways that the proof then tries are chosen on them.',
  },
  heldOut: {
    label: 'Rows for the check',
    unit: 'share',
    help: 'Seen by nothing before: the promise is checked on them.',
  },
  exits: {
    label: 'Layers with an exit',
    help: 'Counted from 1; the best of them is kept. Empty: three of the upper ones.',
    common: true,
  },
  shortlist: {
    label: 'Tokens of the short list',
    unit: 'tokens',
    help: 'The most frequent ones of the data, looked at before the whole vocabulary.',
    common: true,
  },
  keepExits: {
    label: 'Keep the exits it has',
    help: 'Only proves their promise anew, as after quantizing: nothing is learnt.',
  },
  tokens: {
    label: 'Text read',
    unit: 'tokens',
    help: 'By the model, at most; the short list also counts those beyond.',
  },
  window: { label: 'Length of a window', unit: 'tokens', help: 'Windows are what the proof counts.' },
  answerTokens: {
    label: 'Longest answer',
    unit: 'tokens',
    help: 'Of both models, while they are compared.',
    common: true,
  },
};

const HEADINGS = {
  'The promise': ['maxLoss', 'confidence', 'metric'],
  'Ways of stopping': ['method', 'exit', 'quantize', 'ponder', 'exits', 'shortlist', 'keepExits', 'answerTokens'],
  Learning: ['epochs', 'batchSize', 'maxLength', 'learningRate', 'tokens', 'window', 'seed'],
  'Rows of the data': ['calibration', 'tuning', 'heldOut'],
};

export const adapt = underHeadings(words, HEADINGS);
