/**
 * Adapting a decoder: hidden states of all windows once, exit heads trained on them, tables of who would say what, and ways of
 * decoding by the clock. Nothing of the model is trained, so it may be quantized.
 */
import { decodeSeconds, type Estimator, forwardSeconds, isQuantized, number, runningBytes } from './estimator.ts';

/** As the settings' defaults. */
const DEFAULTS = {
  calibration: 0.3,
  tuning: 0.1,
  heldOut: 0.2,
  tokens: 60_000,
  window: 64,
  shortlist: 6144,
  epochs: 4,
};
/** Of what products of matrices reach alone, what the heads reach (measured on the starter: 0.8). */
const EFFICIENCY = 0.75;
/** Prompts and those that warm up, ways of decoding and the whole model, tokens of each. */
const TIMED = { prompts: 15, ways: 6, tokens: 48 };
/** Tokens of a step of training, and copies of what is learnt: weights, gradients, two moments. */
const BATCH = 512;
const COPIES = 4;

export const adaptDecoder: Estimator = ({ model, machine, options, data }) => {
  const { width, vocabulary } = model;
  const setting = (name: keyof typeof DEFAULTS) => number(options[name], DEFAULTS[name]);
  const tokens = Math.min(setting('tokens'), data?.tokens ?? DEFAULTS.tokens);
  const others = setting('calibration') + setting('tuning') + setting('heldOut');
  const kept = options.keepExits === true;
  const learnt = kept ? 0 : tokens * Math.max(0.05, 1 - others);
  const read = kept ? tokens * others : tokens;
  const exits = kept
    ? 1
    : Array.isArray(options.exits)
      ? Math.max(1, options.exits.length)
      : Math.min(3, model.layers - 1);
  const list = Math.min(setting('shortlist'), vocabulary);
  const products = (multiplications: number) => (2 * multiplications) / (EFFICIENCY * machine.flops);
  // Ridge regression from the layer's states to the last; then forward, and back twice that; the last layer's own answers once.
  const ridge = kept ? 0 : exits * products(learnt * width * width + width ** 3);
  const maps = setting('epochs') * products(learnt * (3 * exits * (width * width + width * list) + width * list));
  const tables = (read - learnt) * products(exits * (width * width + width * list) + width * list);
  const bytes = isQuantized(model) ? model.sizeBytes : 4 * model.parameters;
  const answer =
    forwardSeconds(model, setting('window'), machine) + TIMED.tokens * decodeSeconds(model.sizeBytes, machine);
  const states = 4 * read * width * (exits + 1);
  const training = 4 * COPIES * exits * width * width + 4 * list * width + 4 * 3 * BATCH * list * (exits + 1);
  // Beside the model: the map of one exit, and the short list's rows.
  const head = 4 * (width * width + list * width);
  return {
    seconds: 3 + forwardSeconds(model, read, machine) + ridge + maps + tables + TIMED.prompts * TIMED.ways * answer,
    uncertainty: 2,
    // The whole model and the adaptive one are open together.
    memoryBytes: runningBytes(model, 2 * bytes) + states + training,
    diskBytes: model.sizeBytes + head,
    resultBytes: model.sizeBytes + head,
    resultFormat: model.format,
    remedies: [{ label: 'Read half the text', options: { tokens: Math.round(tokens / 2) } }],
  };
};
