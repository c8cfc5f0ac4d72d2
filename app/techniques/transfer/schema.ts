/** Every setting of transfer learning with its default: flags, forms and recipes are drawn from this. */
import { z } from 'zod';

const count = z.number().int().positive();

export const transferSchema = z.object({
  task: z
    .enum(['classification', 'multi-label', 'regression', 'token-classification', 'similarity'])
    .default('classification')
    .describe(
      'What is learnt of each text: one class, any number of labels, a number, a tag for each word, or which are alike (trains all weights)',
    ),
  method: z
    .enum(['head', 'full'])
    .default('head')
    .describe('Train a head on the frozen model, computed once, or then all weights too'),
  pooling: z
    .enum(['auto', 'own', 'mean'])
    .default('auto')
    .describe('Classify by what the family reads (first or last token) or by the mean of all tokens'),
  epochs: count
    .optional()
    .describe('Passes over the data (default for head: as many as lower the held-out loss, for full: 3)'),
  headEpochs: count.default(5).describe('Passes of the head alone before a full tuning'),
  batchSize: count.default(16).describe('Texts of a step'),
  maxLength: count.min(8).default(128).describe('Tokens of a text; longer ones are cut'),
  learningRate: z
    .number()
    .positive()
    .optional()
    .describe('Peak learning rate (default 5e-3 for head, 1e-3 where it has several layers, 3e-5 for full)'),
  learningRates: z
    .array(z.number().positive())
    .optional()
    .describe('Peak learning rates to try on the frozen model; the one with the least held-out loss is taken'),
  headLearningRate: z.number().positive().optional().describe('Peak learning rate of the head before a full tuning'),
  gradual: z.boolean().default(false).describe('For full: unfreeze layers from the top, some more in each epoch'),
  layerDecay: z
    .number()
    .min(0.1)
    .max(1)
    .default(1)
    .describe('For full: learning rate of a layer as a share of that of the layer above'),
  learningCurve: z
    .boolean()
    .default(false)
    .describe('For head: also learn from a tenth, a quarter and half of the rows, to see whether more would help'),
  fewShot: z
    .boolean()
    .default(false)
    .describe(
      'For 8 to 64 texts of each class: first move the vectors of a class together by pairs (SetFit), then the head',
    ),
  pairsOfText: count.default(20).describe('For few-shot: pairs made of each text with its class, and with others'),
  pairRate: z.number().positive().default(2e-5).describe('For few-shot: peak learning rate of the pairs'),
  shots: count.min(2).optional().describe('For classification: learn from so many texts of each class only'),
  weightDecay: z.number().nonnegative().default(0.01).describe('Decoupled weight decay'),
  maxGradNorm: z.number().nonnegative().default(1).describe('Largest global norm of the gradients; 0: no limit'),
  heldOut: z.number().min(0.01).max(0.9).default(0.2).describe('Share of each class kept apart for measuring'),
  checkpointMinutes: z.number().positive().default(5).describe('For full: minutes between checkpoints'),
  seed: z.number().int().nonnegative().default(0).describe('Seed of the split, the order and the first weights'),
});
export type TransferOptions = z.infer<typeof transferSchema>;
