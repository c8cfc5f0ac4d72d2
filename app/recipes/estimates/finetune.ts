/** Fine-tuning: passes forward and back over every row, the optimiser, and what must be in memory for them. */
import {
  type EstimateInput,
  type Estimator,
  forwardSeconds,
  isQuantized,
  measureSeconds,
  number,
  PROCESS_BYTES,
  QUANTIZED,
} from './estimator.ts';

export const finetune: Estimator = (input) => {
  const { model, machine, options, data } = input;
  const full = options.method === 'full';
  const batch = number(options.batchSize, 4);
  const accumulate = number(options.accumulate, 1);
  const length = Math.min(number(options.maxLength, 512), model.contextLength);
  const meanTokens = Math.min(data?.meanTokens ?? 200, length);
  const rows = data ? data.rows * (1 - number(options.heldOut, 0.05)) : 1000;
  // Packed rows are nearly full; padded ones are as long as their longest example.
  const packed = options.packing !== false;
  const rowsTrained = packed ? (rows * meanTokens) / (0.97 * length) : rows;
  const tokensOfRow = packed ? length : Math.min(length, 1.5 * meanTokens);
  const perEpoch = Math.max(1, Math.ceil(rowsTrained / (batch * accumulate)));
  const steps = number(options.steps, Math.max(1, Math.round(perEpoch * number(options.epochs, 1))));
  const tokens = batch * tokensOfRow * accumulate;
  const passes = (full ? 3 : 2.1) * (options.checkpointing === true ? 1.3 : 1);
  const trained = full ? model.parameters : adapterParameters(input);
  const optimiser = (trained * (options.optimizer === 'sgd' ? 0.5e-9 : 1e-9)) / 1;
  const attention = (passes * 4 * model.layers * model.width * tokens * tokensOfRow) / (0.5 * machine.flops);
  const step = passes * forwardSeconds(model, tokens, machine) + attention + optimiser;
  const floatBytes = 4 * model.parameters;
  const resultBytes = (model.format === 'float32' ? 4 : 2) * model.parameters;
  const examples = Math.min(number(options.evalExamples, 100), Math.max(1, rows * 0.05));
  const measuring =
    options.measure === false ? 0 : 2 * measureSeconds(model, model.sizeBytes, machine, examples, meanTokens);
  return {
    seconds: 2 + steps * step + measuring + (2 * resultBytes) / 400e6,
    uncertainty: 1.5,
    memoryBytes: memory(input, full, batch * tokensOfRow, tokensOfRow, trained),
    // The result and, while it trains, a checkpoint of what is trained.
    diskBytes: resultBytes + 12 * trained,
    resultBytes,
    resultFormat: model.format,
    ...(isQuantized(model) ? { refusal: QUANTIZED } : {}),
    steps,
    remedies: remediesOf(options, full, batch, length),
  };

  function memory(_: EstimateInput, all: boolean, tokensAtOnce: number, row: number, count: number): number {
    const moments = { adamw: 2, adafactor: 0.1, sgd: 0 }[String(options.optimizer ?? 'adamw')] ?? 2;
    const weights = all ? 0 : floatBytes;
    const trainedBytes = 4 * count * (2 + moments);
    const perLayer = 4 * tokensAtOnce * (9 * model.width + 2.5 * model.inner + model.heads * row);
    const kept =
      options.checkpointing === true
        ? perLayer + 4 * tokensAtOnce * model.width * model.layers
        : perLayer * model.layers;
    // Logits of a sixteenth of the vocabulary at a time, three times.
    const head = (3 * 4 * tokensAtOnce * model.vocabulary) / 16;
    return PROCESS_BYTES + weights + trainedBytes + kept + head;
  }
};

/** Adapters on every linear layer: rank times (in + out) each. */
function adapterParameters({ model, options }: EstimateInput): number {
  const { width, inner, layers } = model;
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
  const least = { batchSize: 1, checkpointing: true, maxLength: Math.min(length, 256), method: 'lora' };
  ways.push({ label: 'The least memory', options: least });
  return ways;
}
