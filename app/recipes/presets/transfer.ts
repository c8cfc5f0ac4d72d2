/** Three ways to a classifier, each longer than the one before; three others where pairs of texts are learnt from. */
import type { Preset } from '../../contract/techniques.ts';

export const transfer: readonly Preset[] = [
  {
    id: 'quick',
    title: 'Quick',
    summary: 'a head on the frozen model',
    values: { method: 'head', maxLength: 64 },
  },
  {
    id: 'balanced',
    title: 'Balanced',
    summary: 'the best of four heads, longer texts',
    values: { method: 'head', maxLength: 192, learningRates: [0.005, 0.002, 0.01, 0.02] },
  },
  {
    id: 'best',
    title: 'Best',
    summary: 'every weight, 4 epochs',
    values: { method: 'full', maxLength: 192, epochs: 4, layerDecay: 0.9 },
  },
  {
    id: 'quick',
    title: 'Quick',
    summary: '5 pairs of each text with its class, then a head',
    values: { pairsOfText: 5, maxLength: 64 },
    where: { fewShot: true },
  },
  {
    id: 'balanced',
    title: 'Balanced',
    summary: '20 pairs of each text with its class, then a head',
    values: { pairsOfText: 20, maxLength: 128 },
    where: { fewShot: true },
  },
  {
    id: 'best',
    title: 'Best',
    summary: '40 pairs of each text, then the best of four heads',
    values: { pairsOfText: 40, maxLength: 192, learningRates: [0.005, 0.002, 0.01, 0.02] },
    where: { fewShot: true },
  },
  {
    id: 'quick',
    title: 'Quick',
    summary: 'every weight, 1 epoch',
    values: { epochs: 1, maxLength: 64 },
    where: { task: 'similarity' },
  },
  {
    id: 'balanced',
    title: 'Balanced',
    summary: 'every weight, 3 epochs',
    values: { epochs: 3, maxLength: 128 },
    where: { task: 'similarity' },
  },
  {
    id: 'best',
    title: 'Best',
    summary: 'every weight, 5 epochs of larger batches',
    values: { epochs: 5, batchSize: 32, maxLength: 192 },
    where: { task: 'similarity' },
  },
];
