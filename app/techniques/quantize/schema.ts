/** Every setting of quantization with its default: flags, forms and recipes are drawn from this. */
import { z } from 'zod';

export const quantizeSchema = z.object({
  method: z
    .enum(['rtn', 'dynamic', 'float16'])
    .default('rtn')
    .describe('Round to nearest in groups, int8 with dynamic activations, or half precision'),
  bits: z
    .union([z.literal(4), z.literal(8)])
    .default(4)
    .describe('Bits of a weight (rtn)'),
  groupSize: z
    .union([z.literal(16), z.literal(32), z.literal(64), z.literal(128), z.literal(256)])
    .default(32)
    .describe('Weights that share a scale: 16, 32, 64, 128 or 256'),
  symmetric: z.boolean().default(false).describe('No zero points: a little smaller and faster, a little less exact'),
  embeddingBits: z
    .union([z.literal(4), z.literal(8), z.literal(16)])
    .default(8)
    .describe('Bits of the embeddings and, where it is the same matrix, of the head'),
  headBits: z
    .union([z.literal(4), z.literal(8), z.literal(16)])
    .optional()
    .describe('Bits of a head of its own (default: as the other layers)'),
  accuracyLevel: z
    .union([z.literal(1), z.literal(4)])
    .optional()
    .describe('1: float32 activations, 4: int8 activations (default: the faster one here, measured)'),
});
export type QuantizeOptions = z.infer<typeof quantizeSchema>;
