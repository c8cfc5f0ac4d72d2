/** How much room a model takes on disk: its weights and graphs, without tokenizer and texts. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const WEIGHTS = /\.(safetensors|gguf|onnx|onnx_data|onnx\.data|ort)$/;

/** Bytes of the model's own files in a folder or of a single file; adapters beside it do not count. */
export async function modelSize(path: string): Promise<number> {
  const stats = await stat(path);
  if (!stats.isDirectory()) return stats.size;
  let bytes = 0;
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    if (entry.isDirectory() && entry.name === 'onnx') bytes += await modelSize(inner);
    else if (!entry.isDirectory() && WEIGHTS.test(entry.name)) bytes += (await stat(inner)).size;
  }
  return bytes;
}
