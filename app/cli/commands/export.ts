/** `lathe export`: a model as another runtime wants it, loaded again and compared before it is called done. */
import { z } from 'zod';
import { GGUF_TYPES } from '../../export/gguf/file-types.ts';
import { defineCommand } from '../command.ts';

export const exportCommand = defineCommand({
  name: 'export',
  summary: 'Write a model for another runtime and prove that it works there',
  example: 'lathe export my-model --target onnx --out my-model-onnx',
  arguments: [{ name: 'model', help: 'folder or library id' }],
  options: z.object({
    target: z
      .string()
      .describe('onnx, transformers.js, onnxruntime-mobile, onnxruntime-genai, safetensors, gptq, gguf or gguf-lora'),
    type: z.enum(GGUF_TYPES).default('f16').describe('How gguf stores the weights'),
    imatrix: z.string().optional().describe('Importance matrix of lathe imatrix or llama.cpp, for gguf below 8 bits'),
    tensorTypes: z
      .array(z.string())
      .optional()
      .describe('Other gguf types for some tensors: attn_v=q6_k,blk.0.*=q8_0 (default: those of the type)'),
    plan: z.string().optional().describe("Quantized form of the model, whose layers' bits gguf is to have"),
    adapter: z.string().optional().describe('Folder of a PEFT adapter of the model, for gguf-lora'),
    out: z.string().describe('Folder to write'),
  }),
  async run([reference], { target, type, imatrix, tensorTypes, plan, adapter, out }, { home, threads, signal, say }) {
    const [{ resolveModel }, { exportModel }, { checkPrompts }] = await Promise.all([
      import('../../models/library.ts'),
      import('../../export/index.ts'),
      import('../../export/prompts.ts'),
    ]);
    const path = await resolveModel(reference, home);
    return exportModel(path, target === 'gguf' ? `gguf-${type}` : target, out, {
      threads,
      signal,
      say,
      imatrix,
      tensorTypes,
      plan: plan === undefined ? undefined : await resolveModel(plan, home),
      adapter,
      prompts: await checkPrompts(path),
    });
  },
  print({ folder, files, checks }) {
    return [
      ...files.map(({ path, sizeBytes }) => `${(sizeBytes / 1e6).toFixed(2).padStart(9)} MB  ${path}`),
      '',
      ...checks.map(({ name, passed, detail }) => `${passed ? 'passed' : 'FAILED'}  ${name}: ${detail}`),
      '',
      `export  ${folder}`,
    ].join('\n');
  },
});
