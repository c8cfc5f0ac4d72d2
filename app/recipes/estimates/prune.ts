/** Pruning: calibration text runs through the layers, once or for each layer that may go; then the result is measured. */
import {
  decodeSeconds,
  type EstimateInput,
  type Estimator,
  type Figures,
  forwardSeconds,
  isQuantized,
  measureSeconds,
  number,
  QUANTIZED,
  runningBytes,
} from './estimator.ts';
import { finetune } from './finetune.ts';
import type { ModelShape } from './shape.ts';

/** Passes that finding the next layer to go takes, in whole passes: ten tries from about the middle on, and the start. */
const PASSES_A_LAYER = 7;

export const prune: Estimator = (input) => {
  const { model, machine, options, data } = input;
  const amount = number(options.amount, 0.1);
  const depth = (options.method ?? 'depth') === 'depth';
  const named = Array.isArray(options.layers) ? options.layers.length : undefined;
  const layers = named ?? (amount < 1 ? Math.round(amount * model.layers) : amount);
  const tries = depth && named === undefined && options.by !== 'influence';
  const solves = options.method === 'sparsegpt';
  const passes = tries ? PASSES_A_LAYER * layers : options.method === 'wanda' || solves ? 2 : 1;
  const reads = options.method !== 'vocabulary' && options.method !== 'magnitude' && options.by !== 'magnitude';
  const tokens = number(options.calibrationTokens, 4096);
  const finding = reads ? passes * forwardSeconds(model, tokens, machine) : 0;
  const examples = data ? Math.min(number(options.evalExamples, 100), data.rows) : 0;
  const gone = goneShare(model, options, layers);
  const resultBytes = model.sizeBytes * (1 - Math.min(0.95, gone));
  const measuring =
    options.measure === false
      ? 0
      : measureSeconds(model, model.sizeBytes, machine, examples, data?.meanTokens ?? 200) +
        measureSeconds(model, resultBytes, machine, examples, data?.meanTokens ?? 200);
  // Hidden states of the calibration text before every layer are kept while layers are tried.
  // SparseGPT keeps every new weight until it is written.
  const states = 4 * tokens * model.width * (tries ? model.layers : 3) + (solves ? 4 * model.parameters : 0);
  const left = { ...model, parameters: model.parameters * (1 - gone), sizeBytes: resultBytes };
  const learning = recovery(input, depth ? { ...left, layers: model.layers - layers } : left);
  return {
    seconds: 1 + finding + (model.sizeBytes + resultBytes) / 400e6 + measuring + (learning?.seconds ?? 0),
    uncertainty: 2.5,
    memoryBytes: Math.max(
      runningBytes(model, 4 * model.parameters),
      4 * model.parameters + states + 300e6,
      learning?.memoryBytes ?? 0,
    ),
    ...(learning?.steps === undefined ? {} : { steps: learning.steps }),
    resultParameters: Math.round(left.parameters),
    decodeTokensPerSecond: {
      now: 1 / decodeSeconds(model.sizeBytes, machine),
      result: 1 / decodeSeconds(resultBytes, machine),
    },
    diskBytes: resultBytes,
    resultBytes,
    resultFormat: model.format,
    ...(isQuantized(model) ? { refusal: QUANTIZED } : {}),
  };
};

/** Share of all parameters that goes. */
function goneShare(model: ModelShape, options: EstimateInput['options'], layers: number): number {
  const { parameters, vocabulary, width, inner, heads } = model;
  const embedding = vocabulary * width * (model.untied ? 2 : 1);
  const blocks = parameters - embedding;
  const method = options.method ?? 'depth';
  const amount = number(options.amount, 0.1);
  if (method === 'depth') return (layers * blocks) / model.layers / parameters;
  if (method !== 'width') return 0;
  const shareOf = (total: number) => Math.min(0.99, amount < 1 ? amount : amount / total);
  // A gate, what it opens, and the way back.
  const feedForward = Math.min(blocks, 3 * model.layers * width * inner);
  switch (options.part ?? 'neurons') {
    case 'neurons':
      return (shareOf(inner) * feedForward) / parameters;
    case 'channels':
      return shareOf(width);
    default:
      return (shareOf(heads) * (blocks - feedForward)) / parameters;
  }
}

/** Rows of a step of recovery. */
const ROWS = 4;

/** Training what is left, and before that the whole model's reading where it teaches. */
function recovery({ model, machine, options, data }: EstimateInput, left: ModelShape): Figures | undefined {
  const { recover } = options;
  if (recover === undefined || recover === 'none') return undefined;
  const steps = number(options.recoverSteps, 100);
  const maxLength = number(options.recoverLength, 256);
  const method = recover === 'lora' ? 'lora' : 'full';
  const training = finetune({
    model: left,
    machine,
    options: { method, steps, maxLength, batchSize: ROWS, measure: false },
    ...(data ? { data } : {}),
  });
  const teaches = recover === 'distill';
  const read = teaches ? forwardSeconds(model, data?.tokens ?? steps * ROWS * maxLength, machine) : 0;
  const logits = teaches ? 3 * 4 * ROWS * maxLength * model.vocabulary : 0;
  return { ...training, seconds: training.seconds + read, memoryBytes: training.memoryBytes + logits };
}
