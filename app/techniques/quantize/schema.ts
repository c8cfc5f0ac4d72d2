/** Every setting of quantization with its default: flags, forms and recipes are drawn from this. */
import { z } from 'zod';
import { TARGET_SIZE } from '../../files/byte-size.ts';
import { LAYER_BITS } from './layer-bits.ts';

export const quantizeSchema = z.object({
  method: z
    .enum(['rtn', 'gptq', 'awq', 'hqq', 'dynamic', 'static', 'float16'])
    .default('rtn')
    .describe(
      'rtn: round to nearest; gptq, awq: with calibration text; hqq: better grids; dynamic, static: int8; float16',
    ),
  bits: z
    .union([z.literal(2), z.literal(3), z.literal(4), z.literal(5), z.literal(6), z.literal(8)])
    .default(4)
    .describe('Bits of a weight in the file: 3 take 4 in memory, 5 and 6 take 8'),
  groupSize: z
    .union([z.literal(16), z.literal(32), z.literal(64), z.literal(128), z.literal(256), z.literal(0)])
    .default(32)
    .describe('Weights that share a scale: 16, 32, 64, 128 or 256; 0: a whole row (per channel)'),
  symmetric: z.boolean().default(false).describe('No zero points: a little smaller and faster, a little less exact'),
  embeddingBits: z
    .union([z.literal(2), z.literal(3), z.literal(4), z.literal(5), z.literal(6), z.literal(8), z.literal(16)])
    .default(8)
    .describe('Bits of the embeddings and, where it is the same matrix, of the head'),
  headBits: z
    .union([z.literal(2), z.literal(3), z.literal(4), z.literal(5), z.literal(6), z.literal(8), z.literal(16)])
    .optional()
    .describe('Bits of a head of its own (default: as the other layers)'),
  layerBits: z
    .string()
    .regex(LAYER_BITS, 'layers and their bits, such as 0=8, 4-7=3')
    .optional()
    .describe('Bits of single layers, counted from 0, such as 0=8, 4-7=3 (default: as all)'),
  scales: z.enum(['float32', 'float16']).default('float32').describe('Type of the scales in the file'),
  targetSize: z
    .string()
    .regex(TARGET_SIZE, 'a size such as 92MB')
    .optional()
    .describe('Most bytes of the model, such as 92MB: bits and groups are chosen layer by layer'),
  packed: z
    .boolean()
    .default(true)
    .describe('With a target size: also 3, 5 and 6 bits, which are smaller in the file but take 4 or 8 in memory'),
  ranges: z
    .enum(['minmax', 'percentile', 'entropy', 'mse'])
    .default('mse')
    .describe(
      'Where static int8 cuts the activations: all, all but the extremes, least information or least error lost',
    ),
  smooth: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(
      'SmoothQuant before int8: how much of outliers moves from activations into weights, such as 0.5 (default: none)',
    ),
  calibrationTokens: z.number().int().min(16).default(32768).describe('Tokens of text that gptq and awq look at'),
  damp: z.number().positive().max(1).default(0.01).describe('Raise it when calibration text is scarce (gptq)'),
  activationOrder: z.boolean().default(false).describe('Round the inputs that fire most first (gptq)'),
  rotate: z
    .boolean()
    .default(false)
    .describe(
      'Rotate hidden states first, so that no feature stands out: for int8 activations (dynamic, with smooth); head and ' +
        'embedding become two. Of weights alone rounding gets no better, of SmolLM2 worse',
    ),
  recover: z
    .enum(['codes', 'scales'])
    .default('codes')
    .describe('What recovery trains: the codes of all weights with their scales, or scales alone (half the memory)'),
  recoverSteps: z
    .number()
    .int()
    .min(0)
    .max(10000)
    .default(0)
    .describe('Steps in which the result is trained to predict what its source does; worth it at 4 bits and below'),
  recoverRate: z
    .number()
    .positive()
    .max(0.1)
    .default(0.003)
    .describe('Largest change in a step: of a weight in steps of its grid, or of a scale'),
  accuracyLevel: z
    .union([z.literal(1), z.literal(4)])
    .optional()
    .describe('1: float32 activations, 4: int8 activations (default: the faster one here, measured)'),
});
export type QuantizeOptions = z.infer<typeof quantizeSchema>;

/** The method that really rounds: a size is worth the calibrated one. */
export const methodOf = ({ method, targetSize }: QuantizeOptions): QuantizeOptions['method'] =>
  targetSize !== undefined && method === 'rtn' ? 'gptq' : method;

/** Whether text is needed, for measuring activations or for training. */
export const needsText = (options: QuantizeOptions): boolean =>
  options.targetSize !== undefined ||
  options.recoverSteps > 0 ||
  options.smooth !== undefined ||
  CALIBRATED.includes(options.method);

/** Tokens that a step of recovery looks at. */
export const STEP_TOKENS = 512;

/** Most tokens that recovery sets apart, to see what it regained. */
export const HELD_TOKENS = 2048;

/** Tokens of text to take where there are so many: recovery learns more from new text than from the same again. */
export const tokensOfText = ({ calibrationTokens, recoverSteps }: QuantizeOptions): number =>
  recoverSteps === 0 ? calibrationTokens : Math.max(calibrationTokens, recoverSteps * STEP_TOKENS) + HELD_TOKENS;

/** Methods that look at the activations of calibration text. */
export const CALIBRATED: readonly string[] = ['gptq', 'awq'];
