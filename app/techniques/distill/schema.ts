/** Every setting of distillation with its default: flags, forms and recipes are drawn from this. */
import { z } from 'zod';
import { DIVERGENCES } from '../../models/graphs/divergence.ts';
import { finetuneSchema } from '../finetune/schema.ts';

const { shape } = finetuneSchema;

export const distillSchema = z.object({
  method: z
    .enum(['logits', 'sequence', 'on-policy'])
    .default('logits')
    .describe(
      'Match what the teacher thinks of every token or class, let it write the answers (for other tokenizers), or let it judge what the student writes',
    ),
  temperature: z
    .number()
    .positive()
    .max(100)
    .default(2)
    .describe('Softens both distributions: above 1, unlikely tokens count more'),
  alpha: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('Weight of the teacher; the labels have the rest (1: the teacher alone)'),
  divergence: z
    .enum(DIVERGENCES)
    .default('forward')
    .describe('Cover all that the teacher says (forward), only what it is sure of (reverse), or in between (jsd)'),
  beta: z.number().gt(0).lt(1).default(0.5).describe('jsd: near 0 like forward, near 1 like reverse'),
  topK: z
    .union([z.enum(['auto', 'all']), z.number().int().positive().max(65536)])
    .default('auto')
    .describe('How many of the teacher’s likeliest tokens are kept of each position: a number, all, or auto'),
  match: z
    .enum(['none', 'hidden', 'attention', 'hidden,attention'])
    .default('none')
    .describe('logits: also hold the states of the student’s layers, or where each token looks, against the teacher’s'),
  layerMap: z
    .string()
    .default('even')
    .describe('match: which layers are compared: even, last, or pairs of student=teacher such as 1=2,2=4'),
  matchWeight: z.number().positive().max(1000).default(1).describe('match: weight of the layers beside the answers'),
  maxAnswer: z.number().int().positive().default(128).describe('sequence, on-policy: most tokens of an answer'),
  sampling: z
    .number()
    .min(0)
    .max(5)
    .default(0)
    .describe('Temperature of the answers; 0: the likeliest words (on-policy: 1)'),
  roundSteps: z
    .number()
    .int()
    .positive()
    .default(8)
    .describe('on-policy: steps for which the student writes texts at once'),
  steps: shape.steps,
  epochs: shape.epochs.unwrap().default(3).describe('Passes over the data; the teacher runs in the first only'),
  batchSize: shape.batchSize,
  accumulate: shape.accumulate,
  maxLength: shape.maxLength,
  learningRate: z.number().positive().default(3e-4).describe('Peak learning rate'),
  schedule: shape.schedule,
  warmupSteps: shape.warmupSteps,
  weightDecay: shape.weightDecay,
  maxGradNorm: shape.maxGradNorm,
  optimizer: shape.optimizer,
  packing: shape.packing,
  checkpointing: shape.checkpointing,
  checkpointMinutes: shape.checkpointMinutes,
  checkpointSteps: shape.checkpointSteps,
  seed: z.number().int().nonnegative().default(0).describe('Seed of order, packing and fresh weights'),
});
export type DistillOptions = z.infer<typeof distillSchema>;
