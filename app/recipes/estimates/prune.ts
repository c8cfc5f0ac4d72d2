/** Pruning: calibration text runs through the layers, once or for each layer that may go; then the result is measured. */
import {
  type Estimator,
  forwardSeconds,
  isQuantized,
  measureSeconds,
  number,
  QUANTIZED,
  runningBytes,
} from './estimator.ts';

/** Passes that finding the next layer to go takes, in whole passes: ten tries from about the middle on, and the start. */
const PASSES_A_LAYER = 7;

export const prune: Estimator = ({ model, machine, options, data }) => {
  const amount = number(options.amount, 0.1);
  const depth = (options.method ?? 'depth') === 'depth';
  const layers = amount < 1 ? Math.round(amount * model.layers) : amount;
  const tries = depth && options.by !== 'influence';
  const solves = options.method === 'sparsegpt';
  const passes = tries ? PASSES_A_LAYER * layers : options.method === 'wanda' || solves ? 2 : 1;
  const reads = options.method !== 'vocabulary' && options.method !== 'magnitude' && options.by !== 'magnitude';
  const tokens = number(options.calibrationTokens, 4096);
  const finding = reads ? passes * forwardSeconds(model, tokens, machine) : 0;
  const examples = data ? Math.min(number(options.evalExamples, 100), data.rows) : 0;
  const embedding = model.vocabulary * model.width;
  const blocks = (model.parameters - embedding * (model.untied ? 2 : 1)) / model.layers;
  const gone = depth ? (layers * blocks) / model.parameters : 0;
  const resultBytes = model.sizeBytes * (1 - Math.min(0.95, gone));
  const measuring =
    options.measure === false
      ? 0
      : measureSeconds(model, model.sizeBytes, machine, examples, data?.meanTokens ?? 200) +
        measureSeconds(model, resultBytes, machine, examples, data?.meanTokens ?? 200);
  // Hidden states of the calibration text before every layer are kept while layers are tried.
  // SparseGPT keeps every new weight until it is written.
  const states = 4 * tokens * model.width * (tries ? model.layers : 3) + (solves ? 4 * model.parameters : 0);
  return {
    seconds: 1 + finding + (model.sizeBytes + resultBytes) / 400e6 + measuring,
    uncertainty: 2.5,
    memoryBytes: Math.max(runningBytes(model, 4 * model.parameters), 4 * model.parameters + states + 300e6),
    diskBytes: resultBytes,
    resultBytes,
    resultFormat: model.format,
    ...(isQuantized(model) ? { refusal: QUANTIZED } : {}),
  };
};
