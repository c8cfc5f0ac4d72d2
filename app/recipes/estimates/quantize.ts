/** Quantizing: every weight is read, rounded and written; then the result is measured. */

import { bytesOfSize, TARGET_SIZE } from '../../files/byte-size.ts';
import { containerOf } from '../../models/graphs/bit-planes.ts';
import { readLayerBits } from '../../techniques/quantize/layer-bits.ts';
import { STEP_TOKENS } from '../../techniques/quantize/schema.ts';
import { type Estimator, isQuantized, measureSeconds, number, QUANTIZED, runningBytes } from './estimator.ts';

export const quantize: Estimator = ({ model, machine, options, data }) => {
  const embedding = model.vocabulary * model.width;
  // Rotation makes two matrices of a head that is the embedding; the new one has the embedding's bits.
  const parted = options.rotate === true && !model.untied;
  const head = model.untied || parted ? embedding : 0;
  const linear = model.parameters - embedding - (parted ? 0 : head);
  // A row's scale is spread over all its weights.
  const group = number(options.groupSize, 32) || model.width;
  const bits = number(options.bits, 4);
  // A scale a group, and without symmetry a zero point of as many bits as a weight takes in memory.
  const scale = options.scales === 'float16' ? 16 : 32;
  const zero = (b: number) => (options.symmetric === true ? 0 : containerOf(b));
  const perWeight = (b: number) => (b >= 16 ? 2 : (b + (scale + zero(b)) / group) / 8);
  const layerBits = [...readLayerBits(typeof options.layerBits === 'string' ? options.layerBits : '')]
    .filter(([layer]) => layer < model.layers)
    .map(([, own]) => own);
  const linearBytes =
    (linear / model.layers) *
    (layerBits.reduce((sum, own) => sum + perWeight(own), 0) + (model.layers - layerBits.length) * perWeight(bits));
  const embeddingBits = number(options.embeddingBits, 8);
  const target = typeof options.targetSize === 'string' ? options.targetSize : undefined;
  const resultBytes =
    target !== undefined && TARGET_SIZE.test(target)
      ? bytesOfSize(target)
      : options.method === 'float16'
        ? 2 * model.parameters
        : options.method === 'dynamic'
          ? linear + (head + embedding) * perWeight(embeddingBits)
          : linearBytes +
            head * perWeight(number(options.headBits, parted ? number(options.embeddingBits, 8) : bits)) +
            embedding * perWeight(embeddingBits);
  // Seconds a weight on one of two cores; GPTQ's errors are pushed column by column, AWQ tries fifteen scales.
  const tokens = number(options.calibrationTokens, 32768);
  const calibrated = target !== undefined || options.method === 'gptq' || options.method === 'awq';
  const passes = 4 + (target !== undefined ? 20 : 0);
  const rounding = linear * (calibrated ? 1.3e-6 + passes * tokens * 1e-11 : 6e-9);
  const recovering = number(options.recoverSteps, 0) * STEP_TOKENS * 8 * linear * 1e-11;
  const meanTokens = data?.meanTokens ?? 200;
  const examples = data ? Math.min(number(options.evalExamples, 100), data.rows) : 0;
  const measure = (bytes: number) => measureSeconds(model, bytes, machine, examples, meanTokens);
  const measuring = options.measure === false ? 0 : measure(model.sizeBytes) + measure(resultBytes);
  return {
    seconds: 1 + rounding + recovering + (model.sizeBytes + resultBytes) / 400e6 + measuring,
    uncertainty: 1.8,
    memoryBytes: Math.max(
      runningBytes(model, 4 * model.parameters),
      number(options.recoverSteps, 0) > 0 ? recoveringBytes(model, options.recover === 'scales') : 0,
      12 * Math.max(embedding, model.width * model.inner),
    ),
    diskBytes: resultBytes,
    resultBytes,
    resultFormat:
      target !== undefined || layerBits.length > 0
        ? 'mixed'
        : options.method === 'float16'
          ? 'float16'
          : options.method === 'dynamic'
            ? 'int8'
            : `int${bits}`,
    ...(isQuantized(model) ? { refusal: QUANTIZED } : {}),
  };
};

/** Both models, gradients and moments, and what a step keeps of every layer and of the vocabulary for its way back. */
function recoveringBytes(model: Parameters<Estimator>[0]['model'], scalesAlone: boolean): number {
  const weights = (scalesAlone ? 16 : 24) * model.parameters;
  return weights + STEP_TOKENS * (24 * model.vocabulary + 180 * model.layers * model.width);
}
