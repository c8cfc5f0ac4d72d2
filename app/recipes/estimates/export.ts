/** Exporting: written once, loaded again beside the source and compared token by token. */
import { decodeSeconds, type Estimator, forwardSeconds, isQuantized, runningBytes } from './estimator.ts';
import type { ModelShape } from './shape.ts';

/** Bytes of a weight in the targets that change it. */
const PER_WEIGHT: Readonly<Record<string, number>> = {
  f16: 2,
  bf16: 2,
  q8_0: 34 / 32,
  q6_k: 210 / 256,
  q5_1: 24 / 32,
  q5_k_m: 182 / 256,
  q5_k: 176 / 256,
  q5_0: 22 / 32,
  q4_1: 20 / 32,
  q4_k_m: 155 / 256,
  q4_k: 146 / 256,
  q4_0: 18 / 32,
  iq4_nl: 18 / 32,
  iq4_xs: 137 / 256,
  q3_k_m: 125 / 256,
  q3_k: 110 / 256,
  q2_k: 94 / 256,
};

/** Bytes of all files of a target that writes a float model several times, as measured on exports of the starter. */
const SEVERAL: Readonly<Record<string, (model: ModelShape) => number>> = {
  'transformers.js': ({ parameters, whole, vocabulary, width }) => {
    // 32, 16, 8, 4 and 4 bits, their embeddings 8.
    if (!whole) return 8.6 * parameters;
    // 32, 16, 8 and twice 4 bits with a scale for 32; that of 8 holds its embeddings in 32 bits, those of 4 in 16.
    const table = vocabulary * width;
    return 6 * parameters + 8 * table + 2.22 * (parameters - table);
  },
  // .onnx as it is, .ort with its weights unfolded to float32.
  'onnxruntime-mobile': ({ parameters, sizeBytes }) => sizeBytes + 4 * parameters,
};

/** Targets that hold weights as Lathe quantizes them: a quantized model can become these and no other. */
const QUANTIZED_TARGETS = ['onnx', 'transformers.js', 'onnxruntime-mobile', 'onnxruntime-genai', 'gptq'];

export const exportEstimate: Estimator = ({ model, machine, options }) => {
  const target = String(options.target ?? 'onnx');
  const type = target === 'gguf' ? String(options.type ?? 'f16') : '';
  const several = isQuantized(model) ? undefined : SEVERAL[target];
  const resultBytes =
    PER_WEIGHT[type] !== undefined ? PER_WEIGHT[type] * model.parameters : (several?.(model) ?? model.sizeBytes);
  const compared = 96 * (forwardSeconds(model, 24, machine) + decodeSeconds(model.sizeBytes, machine));
  return {
    seconds: 3 + (model.sizeBytes + 2 * resultBytes) / 300e6 + compared,
    uncertainty: 2,
    memoryBytes: runningBytes(model, model.sizeBytes) + runningBytes(model, resultBytes),
    diskBytes: resultBytes,
    resultBytes,
    resultFormat: type || model.format,
    ...refusalOf(target, isQuantized(model)),
  };
};

function refusalOf(target: string, quantized: boolean) {
  const remedies = [{ label: 'Export as ONNX', options: { target: 'onnx' } }];
  if (quantized && !QUANTIZED_TARGETS.includes(target)) {
    return {
      refusal: `A quantized model can only become ONNX or gptq: for ${target} export the one it was made from.`,
      remedies,
    };
  }
  if (!quantized && target === 'gptq') return { refusal: 'gptq holds quantized models: quantize it first.', remedies };
  return {};
}
