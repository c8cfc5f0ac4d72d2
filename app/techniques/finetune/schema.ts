/** Every setting of fine-tuning with its default: flags, forms and recipes are drawn from this. */
import { z } from 'zod';
import { DEVICES } from '../../runtime/session.ts';
import { SCHEDULES } from '../../tensor/optimisers/schedule.ts';

const count = z.number().int().positive();

export const finetuneSchema = z.object({
  method: z
    .enum(['lora', 'dora', 'qlora', 'freeze', 'full'])
    .default('lora')
    .describe(
      'Low-rank adapters, the same with a trained length for every row (dora), on a base in 4 bits (qlora), some of the weights (freeze), or every weight',
    ),
  rank: count.max(1024).default(8).describe('Rank of the adapters'),
  alpha: z.number().positive().default(16).describe('Adapters count alpha / rank times'),
  dropout: z.number().min(0).lt(1).default(0).describe('Share of the inputs of adapters left out in each step'),
  targets: z.array(z.string()).optional().describe('Layers that get adapters, by the end of their names (default all)'),
  ranks: z.array(z.string()).optional().describe('Other ranks for some layers: q_proj=16,down_proj=4 (default: none)'),
  alphas: z.array(z.string()).optional().describe('Other alphas for some layers: q_proj=32 (default: none)'),
  rslora: z.boolean().default(false).describe('Scale adapters by alpha / sqrt(rank)'),
  init: z
    .enum(['zero', 'pissa', 'olora'])
    .default('zero')
    .describe('How adapters begin: adding nothing, or at the strongest part of each weight (pissa, olora)'),
  loraPlusRatio: z
    .number()
    .min(1)
    .default(1)
    .describe('How many times faster the second matrix of an adapter learns (LoRA+); 1: alike'),
  trainParts: z
    .enum(['layers', 'embeddings', 'norms'])
    .default('layers')
    .describe('What freeze trains: the last layers, the tables of tokens, or the norms'),
  lastLayers: count.default(2).describe('Layers that freeze trains, counted from the last'),
  baseBits: z
    .union([z.literal(4), z.literal(8)])
    .optional()
    .describe('Bits that frozen weights are held in while adapters learn (default: 4 for qlora, else float32)'),
  device: z
    .enum(DEVICES)
    .optional()
    .describe(
      'What computes the gradients; they are compared with the processor’s before training starts (default: cpu)',
    ),
  steps: count.optional().describe('Optimiser steps (default: from the epochs)'),
  epochs: z.number().positive().default(1).describe('Passes over the data'),
  batchSize: count.default(4).describe('Rows of a micro-batch'),
  accumulate: count.default(1).describe('Micro-batches of a step'),
  maxLength: count.min(8).default(512).describe('Tokens of a row; longer examples are cut'),
  learningRate: z
    .number()
    .positive()
    .optional()
    .describe('Peak learning rate (default 2e-4 for adapters, 2e-5 for full)'),
  schedule: z.enum(SCHEDULES).default('cosine').describe('How the learning rate changes'),
  warmupSteps: z.number().int().nonnegative().default(0).describe('Steps in which the learning rate rises'),
  weightDecay: z.number().nonnegative().default(0.01).describe('Decoupled weight decay'),
  objective: z
    .enum(['likelihood', 'dpo', 'orpo'])
    .default('likelihood')
    .describe(
      'What is learnt: to write the answers, or to prefer the chosen answers of a data set to the rejected ones',
    ),
  beta: z
    .number()
    .positive()
    .default(0.1)
    .describe('dpo: how closely the model keeps to what it was; orpo: weight of the preference beside the answer'),
  lossOn: z
    .enum(['answers', 'last-answer', 'all'])
    .default('answers')
    .describe('What of a conversation is learnt: every answer, the last one, or all of it'),
  labelSmoothing: z.number().min(0).lt(1).default(0).describe('Share of every answer that is spread over all tokens'),
  zLoss: z.number().min(0).default(0).describe('Weight of the squared log of the normaliser, which keeps logits small'),
  neftune: z
    .number()
    .min(0)
    .max(1000)
    .default(0)
    .describe('Noise on the embeddings while training (NEFTune alpha): 5 to 15 make chats livelier; 0: none'),
  maxGradNorm: z.number().nonnegative().default(1).describe('Largest global norm of the gradients; 0: no limit'),
  optimizer: z.enum(['adamw', 'adafactor', 'sgd']).default('adamw').describe('Adafactor needs the least memory'),
  adapter: z.string().optional().describe('Start from this PEFT adapter'),
  packing: z.boolean().default(true).describe('Pack several examples into a row'),
  curriculum: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('Share of the steps, of the first epoch at most, in which rows go from short to long; 0: none'),
  checkpointing: z
    .boolean()
    .default(false)
    .describe('Keep less for the backward pass and compute it again: less memory, slower'),
  evalSteps: z
    .number()
    .int()
    .nonnegative()
    .optional()
    .describe('Steps between measurements on held-out rows (default: up to 8 in a run); 0: none'),
  patience: count.optional().describe('Stop after this many measurements on held-out rows without a better one'),
  keep: z
    .enum(['best', 'last'])
    .default('best')
    .describe('Write the weights that did best on held-out rows, or the last'),
  checkpointMinutes: z.number().positive().default(5).describe('Minutes between checkpoints'),
  checkpointSteps: count.optional().describe('Steps between checkpoints'),
  seed: z.number().int().nonnegative().default(0).describe('Seed of order, packing and initial adapters'),
});
export type FinetuneOptions = z.infer<typeof finetuneSchema>;

/** Bits that the frozen weights are held in; undefined: as floats. */
export const baseBitsOf = ({ method, baseBits }: FinetuneOptions): 4 | 8 | undefined =>
  baseBits ?? (method === 'qlora' ? 4 : undefined);
