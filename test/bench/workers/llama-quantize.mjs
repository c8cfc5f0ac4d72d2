/**
 * usage: node llama-quantize.mjs LIBRARIES SOURCE.gguf OUT.gguf FTYPE [IMATRIX.gguf]: llama.cpp's own quantizer, which weighs
 * errors by an importance matrix where one is given, as `llama-quantize --imatrix` does. Says how many weights were weighed and how many bytes all tensors take.
 */
import { join, resolve } from 'node:path';
import koffi from 'koffi';

const app = resolve(import.meta.dirname, '../../../dist');
const [{ readImportance }, { openGguf }, { BLOCK_FORMATS }] = await Promise.all(
  ['gguf/imatrix.js', 'gguf/reader.js', 'blocks/index.js'].map((file) => import(join(app, 'models/weights', file))),
);

const [libraries, source, out, type, imatrix] = process.argv.slice(2);
const entry = koffi.struct('imatrix_data', { name: 'const char *', data: 'const float *', size: 'size_t' });
const params = koffi.struct('quantize_params', {
  nthread: 'int32_t',
  ftype: 'int32_t',
  output_tensor_type: 'int32_t',
  token_embedding_type: 'int32_t',
  allow_requantize: 'bool',
  quantize_output_tensor: 'bool',
  only_copy: 'bool',
  pure: 'bool',
  keep_split: 'bool',
  dry_run: 'bool',
  imatrix: koffi.pointer(entry),
  kv_overrides: 'void *',
  tt_overrides: 'void *',
  prune_layers: 'void *',
  max_buf_size: 'size_t',
});
koffi.load(join(libraries, 'libggml.so')).func('void ggml_backend_load_all_from_path(const char *)')(libraries);
const llama = koffi.load(join(libraries, 'libllama.so'));
llama.func('void llama_backend_init()')();
const defaults = llama.func('llama_model_quantize_default_params', params, []);
const quantize = llama.func('llama_model_quantize', 'uint32_t', [
  'const char *',
  'const char *',
  koffi.pointer(params),
]);

const columns = imatrix === undefined ? [] : [...(await readImportance(imatrix)).columns];
const entries = [
  ...columns.map(([name, data]) => ({ name, data, size: data.length })),
  { name: null, data: null, size: 0 },
];
let list = null;
if (imatrix !== undefined) {
  list = koffi.alloc(entry, entries.length);
  for (const [i, value] of entries.entries()) koffi.encode(list, i * koffi.sizeof(entry), entry, value);
}
const status = quantize(source, out, { ...defaults(), nthread: 1, ftype: Number(type), imatrix: list });
if (status !== 0) throw new Error(`llama.cpp's quantizer ended with ${status}`);
const { tensors, close } = await openGguf(out);
const bytes = [...tensors.values()].reduce((sum, { dtype, shape }) => {
  const block = BLOCK_FORMATS[dtype] ?? { elements: 1, bytes: dtype === 'float32' ? 4 : 2 };
  return sum + (block.bytes * shape.reduce((a, b) => a * b, 1)) / block.elements;
}, 0);
await close();
console.log(JSON.stringify({ weighed: columns.length, bytes }));
