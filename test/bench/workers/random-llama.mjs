/**
 * usage: node random-llama.mjs FOLDER [LAYERS]: a Hugging Face folder of the shape of Llama 2 7B (32 layers: 13.5 GB) with random
 * bfloat16 weights, written a few megabytes at a time. Weights repeat after a million values, which no quantizer minds.
 */
import { mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const [folder, layers = '32'] = process.argv.slice(2);
const [width, inner, vocabulary] = [4096, 11008, 32000];
const shapes = { 'model.embed_tokens.weight': [vocabulary, width], 'lm_head.weight': [vocabulary, width] };
for (let l = 0; l < Number(layers); l++) {
  const at = `model.layers.${l}`;
  for (const name of ['q', 'k', 'v', 'o']) shapes[`${at}.self_attn.${name}_proj.weight`] = [width, width];
  for (const name of ['gate', 'up']) shapes[`${at}.mlp.${name}_proj.weight`] = [inner, width];
  shapes[`${at}.mlp.down_proj.weight`] = [width, inner];
  for (const name of ['input', 'post_attention']) shapes[`${at}.${name}_layernorm.weight`] = [width];
}
shapes['model.norm.weight'] = [width];

mkdirSync(folder, { recursive: true });
const config = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: width,
  intermediate_size: inner,
  num_hidden_layers: Number(layers),
  num_attention_heads: 32,
  num_key_value_heads: 32,
  vocab_size: vocabulary,
  max_position_embeddings: 4096,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
};
writeFileSync(join(folder, 'config.json'), JSON.stringify(config));

let state = 1;
const pool = Uint16Array.from({ length: 2 ** 20 }, () => {
  let sum = -2;
  for (let i = 0; i < 4; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    sum += state / 2 ** 32;
  }
  return new Uint32Array(Float32Array.of(0.03 * sum).buffer)[0] >>> 16;
});
const ones = new Uint16Array(width).fill(0x3f80);

/** Shards of about 5 GB, each with its header. */
const shards = [];
let room = 0;
for (const [name, shape] of Object.entries(shapes)) {
  const bytes = 2 * shape.reduce((a, b) => a * b);
  if (shards.length === 0 || bytes > room) {
    shards.push([]);
    room = 5e9;
  }
  room -= bytes;
  shards.at(-1).push({ name, shape, bytes });
}
const map = {};
for (const [i, tensors] of shards.entries()) {
  const file = `model-${String(i + 1).padStart(5, '0')}-of-${String(shards.length).padStart(5, '0')}.safetensors`;
  const header = {};
  let offset = 0;
  for (const { name, shape, bytes } of tensors) {
    header[name] = { dtype: 'BF16', shape, data_offsets: [offset, offset + bytes] };
    offset += bytes;
    map[name] = file;
  }
  const text = JSON.stringify(header);
  const json = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const fd = openSync(join(folder, file), 'w');
  writeSync(fd, length);
  writeSync(fd, json);
  for (const { shape, bytes } of tensors) {
    const values = shape.length === 1 ? ones : pool;
    for (let done = 0; done < bytes; done += values.byteLength) {
      writeSync(fd, Buffer.from(values.buffer, 0, Math.min(values.byteLength, bytes - done)));
    }
  }
}
writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map: map }));
console.log(JSON.stringify({ tensors: Object.keys(shapes).length, shards: shards.length }));
