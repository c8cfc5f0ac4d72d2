/** Where an exported model can run, and the target that is made for it. */
export interface Place {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly target: string;
}

export const PLACES: readonly Place[] = [
  {
    id: 'server',
    title: 'ONNX Runtime',
    text: 'on a server or a desktop, in any language it has a binding for',
    target: 'onnx',
  },
  {
    id: 'android',
    title: 'Android app',
    text: 'one .onnx and .ort file for onnxruntime-android, with the operators it needs',
    target: 'onnxruntime-mobile',
  },
  {
    id: 'ios',
    title: 'iOS app',
    text: 'one .onnx and .ort file for onnxruntime-objc, with the operators it needs',
    target: 'onnxruntime-mobile',
  },
  {
    id: 'browser',
    title: 'Browser',
    text: 'transformers.js: float32, fp16, int8 and 4 bits side by side',
    target: 'transformers.js',
  },
  {
    id: 'llama-cpp',
    title: 'llama.cpp, Ollama',
    text: 'one GGUF file, and a Modelfile for Ollama; LM Studio opens it too',
    target: 'gguf',
  },
  {
    id: 'python',
    title: 'Python',
    text: 'a safetensors folder for transformers, vLLM and MLX',
    target: 'safetensors',
  },
  {
    id: 'vllm',
    title: 'vLLM',
    text: 'the packed layers of this quantized model as a GPTQ folder; GPTQModel, ExLlama and transformers open it too',
    target: 'gptq',
  },
  {
    id: 'genai',
    title: 'GenAI',
    text: 'ONNX Runtime GenAI, which brings the loop of generating: Python, C#, C++ and Java',
    target: 'onnxruntime-genai',
  },
];

/** The place that was chosen; a target that came from elsewhere is that of the first place made for it. */
export const placeOf = (place: unknown, target: string): Place | undefined =>
  PLACES.find(({ id, target: made }) => id === place && made === target) ??
  PLACES.find(({ target: made }) => made === target);
