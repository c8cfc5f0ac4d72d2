/** Transfer learning: all texts once through the frozen model, epochs of the head, and where asked passes back too. */
import { type Estimator, forwardSeconds, isQuantized, number, PROCESS_BYTES, QUANTIZED } from './estimator.ts';

/** Tokens that the frozen model reads at once. */
const ENCODED_AT_ONCE = 4096;
/** A step of the head: a small product and its way back. */
const HEAD_STEP_SECONDS = 0.0009;
/** Epochs until the held-out loss no longer falls, and then once more on all rows. */
const HEAD_EPOCHS = 16;

export const transfer: Estimator = ({ model, machine, options, data }) => {
  const full = options.method === 'full';
  const length = Math.min(number(options.maxLength, 128), model.contextLength);
  const batch = number(options.batchSize, 16);
  const rows = data?.rows ?? 1000;
  const trainRows = rows * (1 - number(options.heldOut, 0.2));
  const tokensOfText = Math.min(length, data?.meanTokens ?? 60);
  const layers = (tokens: number, row: number) => {
    // Token ids are looked up; neither head over a vocabulary nor embedding multiplies.
    const blocks = { ...model, parameters: model.parameters - model.vocabulary * model.width, untied: false };
    return (
      forwardSeconds(blocks, tokens, machine) + (4 * model.layers * model.width * tokens * row) / (0.5 * machine.flops)
    );
  };
  const encoding = layers(rows * tokensOfText, tokensOfText);
  const stepsOfEpoch = Math.max(1, Math.ceil(trainRows / batch));
  const tries = Array.isArray(options.learningRates) ? Math.max(1, options.learningRates.length) : 1;
  const headEpochs = full ? number(options.headEpochs, 5) : number(options.epochs, HEAD_EPOCHS) * tries;
  const epochs = number(options.epochs, full ? 3 : HEAD_EPOCHS);
  // Batches are as long as their longest text.
  const padded = Math.min(length, 1.6 * tokensOfText);
  const backward = full ? epochs * 3.2 * layers(trainRows * padded, padded) : 0;
  const floatBytes = 4 * model.parameters;
  const resultBytes = (model.format === 'float32' ? 4 : 2) * model.parameters;
  const perLayer = 4 * batch * padded * (9 * model.width + 2.5 * model.inner + model.heads * padded);
  const encodingBytes =
    4 * ENCODED_AT_ONCE * (3 * model.width + model.inner) + 4 * model.heads * ENCODED_AT_ONCE * length;
  const features = Math.min(2 ** 30, 4 * rows * model.width);
  return {
    // The plain method beside it, and reading and hashing the weights.
    seconds: 2 + rows / 4000 + floatBytes / 800e6 + encoding + headEpochs * stepsOfEpoch * HEAD_STEP_SECONDS + backward,
    uncertainty: 1.8,
    memoryBytes:
      PROCESS_BYTES +
      features +
      Math.max(2 * floatBytes + encodingBytes, full ? 4 * floatBytes + perLayer * model.layers : 0),
    // The folder, the same as ONNX, what is kept of the texts and, while all is trained, a checkpoint.
    diskBytes: resultBytes + floatBytes + features + (full ? 3 * floatBytes : 0),
    resultBytes,
    resultFormat: model.format,
    steps: full ? epochs * stepsOfEpoch : undefined,
    ...(isQuantized(model) ? { refusal: QUANTIZED } : {}),
    remedies: full
      ? [{ label: 'Train a head only', options: { method: 'head' } }]
      : length > 64
        ? [{ label: 'Read at most 64 tokens', options: { maxLength: 64 } }]
        : [],
  };
};
