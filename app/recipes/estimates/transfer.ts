/** Transfer learning: all texts once through the frozen model, epochs of the head, and where asked passes back too. */
import { type Estimator, forwardSeconds, isQuantized, number, PROCESS_BYTES, QUANTIZED } from './estimator.ts';

/** Tokens that the frozen model reads at once. */
const ENCODED_AT_ONCE = 4096;
/** A step of the head: a small product and its way back. */
const HEAD_STEP_SECONDS = 0.0009;
/** Epochs until the held-out loss no longer falls, and then once more on all rows. */
const HEAD_EPOCHS = 16;

/** Passes over pairs of texts where none are given. */
const SIMILARITY_EPOCHS = 3;
/** A step forward and back, in passes forward: the attention is computed again on the way back. */
const TRAINED_PASSES = 3.2;

export const transfer: Estimator = ({ model, machine, options, data }) => {
  const similarity = options.task === 'similarity';
  const fewShot = options.fewShot === true;
  // Few examples are learnt by a head, whatever was chosen before; the pairs train everything.
  const full = !fewShot && (similarity || options.method === 'full');
  const length = Math.min(number(options.maxLength, 128), model.contextLength);
  const batch = number(options.batchSize, 16);
  const rows = data?.rows ?? 1000;
  const shared = rows * (1 - number(options.heldOut, 0.2));
  const shots = typeof options.shots === 'number' ? options.shots * (data?.classes ?? 2) : Number.POSITIVE_INFINITY;
  const trainRows = Math.min(shared, shots);
  const lengths = data?.lengths ?? [];
  const tokensOfText =
    lengths.length > 0
      ? lengths.reduce((sum, tokens) => sum + Math.min(tokens, length), 0) / lengths.length
      : Math.min(length, data?.meanTokens ?? 60);
  const layers = (tokens: number, row: number) => {
    // Token ids are looked up; neither head over a vocabulary nor embedding multiplies.
    const blocks = { ...model, parameters: model.parameters - model.vocabulary * model.width, untied: false };
    return (
      forwardSeconds(blocks, tokens, machine) + (4 * model.layers * model.width * tokens * row) / (0.5 * machine.flops)
    );
  };
  const textsOfRow = similarity ? (data?.triples ? 3 : 2) : 1;
  // Before and after, of what is held out, where pairs are learnt; once where a head is, and again where it moved.
  const encoded = similarity ? 4 * (rows - shared) : rows * (fewShot ? 2 : 1);
  const encoding = layers(encoded * tokensOfText, tokensOfText);
  const stepsOfEpoch = Math.max(1, Math.ceil(trainRows / batch));
  const tries = Array.isArray(options.learningRates) ? Math.max(1, options.learningRates.length) : 1;
  const ofHead = full ? number(options.headEpochs, 5) : number(options.epochs, HEAD_EPOCHS) * tries;
  const headEpochs = similarity ? 0 : ofHead;
  const epochs = number(options.epochs, full ? SIMILARITY_EPOCHS : HEAD_EPOCHS);
  // Batches are as long as their longest text.
  const padded = Math.min(length, 1.6 * tokensOfText);
  const trained = (texts: number) => TRAINED_PASSES * layers(texts * padded, padded);
  // Of each text so many pairs with its class, and as many with others.
  const pairs = fewShot ? 2 * number(options.pairsOfText, 20) * trainRows : 0;
  const backward = full ? epochs * trained(textsOfRow * trainRows) : trained(2 * pairs);
  const trains = full || fewShot;
  const textsOfStep = batch * (fewShot ? 2 : textsOfRow);
  const floatBytes = 4 * model.parameters;
  const resultBytes = (model.format === 'float32' ? 4 : 2) * model.parameters;
  const perLayer = 4 * textsOfStep * padded * (9 * model.width + 2.5 * model.inner + model.heads * padded);
  const encodingBytes =
    4 * ENCODED_AT_ONCE * (3 * model.width + model.inner) + 4 * model.heads * ENCODED_AT_ONCE * length;
  const features = Math.min(2 ** 30, 4 * rows * model.width);
  const longer = lengths.filter((tokens) => tokens > length).length;
  const refusal = isQuantized(model) ? QUANTIZED : data?.problem && `${data.problem}.`;
  return {
    // The plain method beside it, and reading and hashing the weights.
    seconds: 2 + rows / 4000 + floatBytes / 800e6 + encoding + headEpochs * stepsOfEpoch * HEAD_STEP_SECONDS + backward,
    uncertainty: 1.8,
    memoryBytes:
      PROCESS_BYTES +
      features +
      Math.max(2 * floatBytes + encodingBytes, trains ? 4 * floatBytes + perLayer * model.layers : 0),
    // The folder, the same as ONNX, what is kept of the texts and, while all is trained, a checkpoint.
    diskBytes: resultBytes + floatBytes + features + (full ? 3 * floatBytes : 0),
    resultBytes,
    resultFormat: model.format,
    steps: full ? epochs * stepsOfEpoch : fewShot ? Math.ceil(pairs / batch) : undefined,
    ...(longer > 0 ? { cut: { share: longer / lengths.length, length } } : {}),
    ...(refusal ? { refusal } : {}),
    remedies:
      full && !similarity
        ? [{ label: 'Train a head only', options: { method: 'head' } }]
        : length > 64
          ? [{ label: 'Read at most 64 tokens', options: { maxLength: 64 } }]
          : [],
  };
};
