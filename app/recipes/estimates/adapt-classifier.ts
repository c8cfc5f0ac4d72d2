/** Adapting a classifier: exits learn with all layers or on states computed once; calibration reads every other row once; then times. */
import { type Estimator, forwardSeconds, isQuantized, number, QUANTIZED, runningBytes } from './estimator.ts';

/** Shares of the rows, as the settings' defaults. */
const DEFAULTS = { calibration: 0.3, tuning: 0.1, heldOut: 0.2 };
/** Texts, rounds and models that times are measured with. */
const TIMED = 60 * 6 * 3;

export const adaptClassifier: Estimator = ({ model, machine, options, data }) => {
  const rows = data?.rows ?? 1000;
  const longest = Math.min(number(options.maxLength, 128), model.contextLength);
  const tokens = Math.min(data?.meanTokens ?? longest, longest);
  const others =
    number(options.calibration, DEFAULTS.calibration) +
    number(options.tuning, DEFAULTS.tuning) +
    number(options.heldOut, DEFAULTS.heldOut);
  const trainRows = rows * Math.max(0.05, 1 - others);
  const heads = options.method === 'heads';
  // A cascade learns nothing: both models read the rows, the smaller at most as long as the larger.
  const cascade = typeof options.cascade === 'string';
  const epochs = number(options.epochs, heads ? 20 : 3);
  const floats = 4 * model.parameters;
  // Forward, backward and twice that for the products of gradients; heads need the layers once.
  const passes = heads ? 1 : 3 * epochs;
  const training = cascade
    ? 0
    : passes * forwardSeconds(model, trainRows * tokens, machine) + (heads ? 0.0005 * epochs * trainRows : 0);
  const reading = (cascade ? 2 : 1) * forwardSeconds(model, rows * (cascade ? 1 : others) * tokens, machine);
  const timing = TIMED * forwardSeconds(model, tokens, machine);
  const batch = number(options.batchSize, 16) * tokens;
  const kept =
    heads || cascade ? 0 : 4 * batch * model.layers * (9 * model.width + 2.5 * model.inner + model.heads * tokens);
  return {
    seconds: 3 + training + reading + timing,
    uncertainty: 2,
    memoryBytes: runningBytes(model, 3 * floats) + (heads || cascade ? 0 : 3 * floats) + kept,
    diskBytes: 2 * floats,
    resultBytes: 2 * floats,
    resultFormat: 'float32',
    ...(isQuantized(model) && !cascade ? { refusal: QUANTIZED } : {}),
    remedies: heads || cascade ? [] : [{ label: 'Train heads alone', options: { method: 'heads' } }],
  };
};
