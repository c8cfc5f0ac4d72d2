/** Batches for a training that leaves them open: `--batch-size auto`. */
import { type EstimateInput, number } from './estimator.ts';

/** Rows of preferences are two texts each, one a row of a batch. */
export const isPairs = ({ objective }: EstimateInput['options']): boolean =>
  objective === 'dpo' || objective === 'orpo';

/** Tokens that a processor works on at a time: with more it is no faster, and needs more memory. */
const TOKENS_AT_ONCE = 2048;
/** Rows of a step that `auto` goes up to, and the steps that an epoch has at least with them. */
const MOST_ROWS = 16;
const LEAST_STEPS = 25;

/**
 * The batches of `auto`: as many rows a step as leave an epoch 25 steps, 16 at most and no fewer than there are to accumulate, a
 * power of two; and of those so many at a time as keep a processor busy.
 */
export function chooseBatches({ options, data }: Pick<EstimateInput, 'options' | 'data'>, accumulate: number) {
  const length = number(options.maxLength, 512);
  const tokens = data ? Math.max(1, data.tokens) : length;
  const packed = options.packing !== false && !isPairs(options);
  const meanTokens = Math.min(data?.meanTokens ?? length, length);
  const rowTokens = packed ? Math.min(length, tokens) : (isPairs(options) ? 2 : 1) * meanTokens;
  const rows = packed ? tokens / rowTokens : (data?.rows ?? 1000);
  const wanted = Math.max(accumulate, Math.min(MOST_ROWS, rows / LEAST_STEPS));
  const perStep = powerOfTwo(wanted);
  const batchSize = Math.min(perStep, powerOfTwo(TOKENS_AT_ONCE / rowTokens));
  return { batchSize, accumulate: perStep / batchSize };
}

/** The largest that is not above `value`; at least 1. */
const powerOfTwo = (value: number): number => 2 ** Math.max(0, Math.floor(Math.log2(value)));
