/** Every setting of adaptive computation with its default: flags, forms and recipes are drawn from this. */
import { z } from 'zod';

const count = z.number().int().positive();
const share = z.number().min(0.02).max(0.8);

export const adaptSchema = z.object({
  maxLoss: z
    .number()
    .gt(0)
    .lt(0.5)
    .default(0.01)
    .describe('Most that the metric may lose, as a share: 0.01 is one point'),
  confidence: z.number().min(0.5).lt(1).default(0.95).describe('How sure the promise must be'),
  metric: z
    .enum(['accuracy', 'agreement'])
    .default('accuracy')
    .describe('What may be lost: right answers, or answers that are those of the whole model'),
  method: z
    .enum(['joint', 'heads', 'act'])
    .default('joint')
    .describe('Train all layers for their exits, only heads on the model as it is, or all layers and units that halt'),
  exit: z
    .enum(['confidence', 'patience'])
    .default('confidence')
    .describe('Stop where an exit is sure, or where several in a row agree'),
  quantize: z
    .enum(['none', 'int8'])
    .default('none')
    .describe('Store weights in 8 bits, in every branch; the promise then covers that loss too'),
  ponder: z
    .number()
    .gt(0)
    .lt(10)
    .default(0.02)
    .describe('Halting units (act): what running a layer costs, in units of the loss'),
  epochs: count
    .optional()
    .describe('Passes over the training rows (default 3 for joint and act, 20 for heads, 4 for decoders)'),
  batchSize: count.default(16).describe('Texts of a step'),
  maxLength: count.min(8).default(128).describe('Tokens of a text; longer ones are cut'),
  learningRate: z
    .number()
    .positive()
    .optional()
    .describe('Peak learning rate (default 5e-5 for joint and act, 5e-3 for heads, 1e-3 for decoders)'),
  calibration: share.default(0.3).describe('Share of the rows that the promise is proved on'),
  tuning: share.default(0.1).describe('Share of the rows that thresholds are chosen from'),
  heldOut: z.number().min(0.01).max(0.8).default(0.2).describe('Share of the rows that the result is checked on'),
  exits: z.array(count).optional().describe('Decoders: layers that may become exits (default three of the upper ones)'),
  keepExits: z
    .boolean()
    .default(false)
    .describe('Decoders: keep the exits that the model has and only prove their promise anew, as after quantizing'),
  shortlist: count.min(16).default(6144).describe('Decoders: tokens that are looked at before the whole vocabulary'),
  tokens: count
    .default(60_000)
    .describe('Decoders: most tokens of text that the model reads; the short list also counts those beyond'),
  window: count.min(8).default(64).describe('Decoders: tokens of a window, which the promise counts'),
  answerTokens: count.max(4096).default(96).describe('Cascades of chat models: tokens of an answer'),
  seed: z.number().int().nonnegative().default(0).describe('Seed of the split and the order'),
});
export type AdaptOptions = z.infer<typeof adaptSchema>;
