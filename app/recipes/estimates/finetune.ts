/** Fine-tuning: passes forward and back over every row, the optimiser, and what must be in memory for them. */
import { chooseBatches, isPairs } from './choose-batches.ts';
import {
  type EstimateInput,
  type Estimator,
  forwardSeconds,
  isQuantized,
  measureSeconds,
  number,
  QUANTIZED,
} from './estimator.ts';
import { trainingMemory } from './training-memory.ts';

/** Share of a packed row that is filled. */
const PACKED = 0.97;
/** Times the time of LoRA, measured on SmolLM2-135M: floats made of a base that is held in few bits; lengths of rows trained too. */
const HELD_SLOWER = 1.2;
const LENGTHS_SLOWER = 1.07;
/** Bytes of an encoded token that waits in memory for its turn. */
const STORED_TOKEN = 5;

export const finetune: Estimator = (given) => {
  const input = { ...given, options: withBatches(given) };
  const { model, machine, options, data } = input;
  const full = options.method === 'full';
  const pairs = isPairs(options);
  const batch = number(options.batchSize, 4);
  const accumulate = number(options.accumulate, 1);
  const length = Math.min(number(options.maxLength, 512), model.contextLength);
  const meanTokens = Math.min(data?.meanTokens ?? 200, length);
  const rows = (data ? data.rows * (1 - number(options.heldOut, 0.05)) : 1000) * mixed(options.mix);
  // Packed rows are nearly full; padded ones are as long as their longest example.
  const packed = options.packing !== false && !pairs;
  const rowsTrained = packed ? (rows * meanTokens) / (PACKED * length) : rows;
  const tokensOfRow = packed ? length : Math.min(length, 1.5 * meanTokens);
  const perEpoch = Math.max(1, Math.ceil(rowsTrained / (batch * accumulate)));
  const steps = number(options.steps, Math.max(1, Math.round(perEpoch * number(options.epochs, 1))));
  const tokens = (pairs ? 2 : 1) * batch * tokensOfRow * accumulate;
  const held = !full && (number(options.baseBits, 0) > 0 || options.method === 'qlora');
  const slower = (held ? HELD_SLOWER : 1) * (options.method === 'dora' ? LENGTHS_SLOWER : 1);
  const passes = (full ? 3 : 2.1) * slower * (options.checkpointing === true ? 1.3 : 1);
  const trained = full ? model.parameters : adapterParameters(input);
  const optimiser = (trained * (options.optimizer === 'sgd' ? 0.5e-9 : 1e-9)) / 1;
  const attention = (passes * 4 * model.layers * model.width * tokens * tokensOfRow) / (0.5 * machine.flops);
  const step = passes * forwardSeconds(model, tokens, machine) + attention + optimiser;
  const resultBytes = (model.format === 'float32' ? 4 : 2) * model.parameters;
  const examples = Math.min(number(options.evalExamples, 100), Math.max(1, rows * 0.05));
  const measuring =
    options.measure === false ? 0 : 2 * measureSeconds(model, model.sizeBytes, machine, examples, meanTokens);
  return {
    seconds: 2 + steps * step + measuring + (2 * resultBytes) / 400e6,
    uncertainty: 1.5,
    memoryBytes: finetuneMemory(input),
    // The result and, while it trains, a checkpoint of what is trained.
    diskBytes: resultBytes + 12 * trained,
    resultBytes,
    resultFormat: model.format,
    ...(isQuantized(model) ? { refusal: QUANTIZED } : {}),
    steps,
    remedies: remediesOf(options, full, batch, length),
  };
};

/** Bytes at the peak: see `trainingMemory`. */
export function finetuneMemory({ model, options, data }: Omit<EstimateInput, 'machine'>): number {
  const full = options.method === 'full';
  const length = Math.min(number(options.maxLength, 512), model.contextLength);
  const meanTokens = Math.min(data?.meanTokens ?? 200, length);
  const longest = Math.min(length, data?.longest ?? length);
  const pairs = isPairs(options);
  const row = options.packing === false || pairs ? Math.min(longest, 1.5 * meanTokens) : PACKED * length;
  const tokens = (pairs ? 2 : 1) * number(options.batchSize, 4) * row;
  const settings = {
    baseBits: number(options.baseBits, 0) || (options.method === 'qlora' ? 4 : undefined),
    full,
    lengths: options.method === 'dora',
    checkpointing: options.checkpointing === true,
    optimizer: String(options.optimizer ?? 'adamw'),
    accumulate: number(options.accumulate, 1),
    rank: number(options.rank, 8),
    trained: full ? model.parameters : adapterParameters({ model, options }),
  };
  const supervised = tokens * (data?.supervisedShare ?? 1);
  return trainingMemory(model, settings, { tokens, supervised, longest }) + STORED_TOKEN * (data?.tokens ?? 0);
}

/** With the batches that `auto` stands for, were memory no matter. */
function withBatches(input: Pick<EstimateInput, 'options' | 'data'>): EstimateInput['options'] {
  const { options } = input;
  return options.batchSize === 'auto'
    ? { ...options, ...chooseBatches(input, number(options.accumulate, 1)) }
    : options;
}

/** Examples of an epoch for each of the first data set. */
function mixed(weights: unknown): number {
  if (!Array.isArray(weights) || !(weights[0] > 0)) return 1;
  return weights.reduce((sum: number, weight) => sum + Number(weight), 0) / weights[0];
}

/** Weights that are trained where not all are: of adapters on every linear layer, rank times (in + out) each; or the part that is not frozen. */
function adapterParameters({ model, options }: Pick<EstimateInput, 'model' | 'options'>): number {
  const { width, inner, layers, vocabulary, parameters } = model;
  if (options.method === 'freeze') {
    const tables = vocabulary * width;
    if (options.trainParts === 'embeddings') return tables;
    if (options.trainParts === 'norms') return 2 * width * layers;
    return (parameters - tables) * Math.min(1, number(options.lastLayers, 2) / layers);
  }
  return number(options.rank, 8) * layers * (4 * 2 * width + 3 * (width + inner));
}

function remediesOf(options: Readonly<Record<string, unknown>>, full: boolean, batch: number, length: number) {
  const ways: { label: string; options: Record<string, unknown> }[] = [];
  if (options.checkpointing !== true)
    ways.push({ label: 'Compute activations again', options: { checkpointing: true } });
  if (batch > 1) {
    const accumulate = number(options.accumulate, 1) * batch;
    ways.push({ label: 'One row at a time', options: { batchSize: 1, accumulate } });
  }
  if (full && options.optimizer !== 'adafactor')
    ways.push({ label: 'Use Adafactor', options: { optimizer: 'adafactor' } });
  if (full) ways.push({ label: 'Use LoRA', options: { method: 'lora' } });
  if (!full && !['qlora', 'freeze'].includes(String(options.method)))
    ways.push({ label: 'Hold the base in 4 bits', options: { baseBits: 4 } });
  const least = { batchSize: 1, checkpointing: true, maxLength: Math.min(length, 256), method: 'lora' };
  ways.push({ label: 'The least memory', options: least });
  return ways;
}
