/** Words of exporting. */
import type { TechniqueWords } from './field-words.ts';

export const exporting: TechniqueWords = {
  target: { choices: { onnx: 'ONNX', safetensors: 'safetensors', gguf: 'GGUF' }, common: true },
  type: {
    label: 'GGUF weights',
    choices: { f16: 'f16, exact', q8_0: 'q8_0, half the size', q4_k: 'q4_k, best small one', q2_k: 'q2_k, smallest' },
    common: true,
  },
};
