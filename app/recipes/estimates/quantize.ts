/** Quantizing: every weight is read, rounded and written; then the result is measured. */
import { type Estimator, isQuantized, measureSeconds, number, QUANTIZED, runningBytes } from './estimator.ts';

export const quantize: Estimator = ({ model, machine, options, data }) => {
  const embedding = model.vocabulary * model.width;
  const head = model.untied ? embedding : 0;
  const linear = model.parameters - embedding - head;
  const group = number(options.groupSize, 32);
  const bits = number(options.bits, 4);
  // A scale of 4 bytes a group, and without symmetry a zero point of as many bits as a weight.
  const perWeight = (b: number) => (b >= 16 ? 2 : (b + 32 / group + (options.symmetric === true ? 0 : b / group)) / 8);
  const embeddingBits = number(options.embeddingBits, 8);
  const resultBytes =
    options.method === 'float16'
      ? 2 * model.parameters
      : options.method === 'dynamic'
        ? linear + (head + embedding) * perWeight(embeddingBits)
        : linear * perWeight(bits) +
          head * perWeight(number(options.headBits, bits)) +
          embedding * perWeight(embeddingBits);
  const rounding = model.parameters * 6e-9;
  const meanTokens = data?.meanTokens ?? 200;
  const examples = data ? Math.min(number(options.evalExamples, 100), data.rows) : 0;
  const measure = (bytes: number) => measureSeconds(model, bytes, machine, examples, meanTokens);
  const measuring = options.measure === false ? 0 : measure(model.sizeBytes) + measure(resultBytes);
  return {
    seconds: 1 + rounding + (model.sizeBytes + resultBytes) / 400e6 + measuring,
    uncertainty: 1.8,
    memoryBytes: Math.max(
      runningBytes(model, 4 * model.parameters),
      12 * Math.max(embedding, model.width * model.inner),
    ),
    diskBytes: resultBytes,
    resultBytes,
    resultFormat: options.method === 'float16' ? 'float16' : options.method === 'dynamic' ? 'int8' : `int${bits}`,
    ...(isQuantized(model) ? { refusal: QUANTIZED } : {}),
  };
};
