/**
 * Makes resources/starter from public-domain text with Lathe itself: tokenizer, random weights, training, float16.
 * usage: node scripts/make-corpus.mjs && node scripts/make-starter.mjs .cache/corpus [STEPS] [--resume]
 * (the folder holds train/*.txt, and heldout.txt, which is only measured on)
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const [folder, steps = '3000'] = process.argv.slice(2);
const root = resolve(import.meta.dirname, '..');
const work = join(root, '.cache/starter');
const load = (path) => import(join(root, 'dist', path));
const lathe = (...args) => execFileSync(process.execPath, [join(root, 'bin/lathe.mjs'), ...args], { stdio: 'inherit' });

const [{ trainBpe }, { initialiseModel }] = await Promise.all([
  load('models/tokenizers/train-bpe.js'),
  load('models/initialise.js'),
]);
const SPECIAL = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];
const config = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: 4096,
  hidden_size: 256,
  intermediate_size: 768,
  num_hidden_layers: 8,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 64,
  hidden_act: 'silu',
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  max_position_embeddings: 1024,
  tie_word_embeddings: true,
  attention_bias: false,
  mlp_bias: false,
  bos_token_id: 0,
  eos_token_id: 2,
  pad_token_id: 0,
  torch_dtype: 'float32',
};
const chatTemplate =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

if (!process.argv.includes('--resume')) {
  const names = readdirSync(join(folder, 'train'))
    .filter((name) => name.endsWith('.txt'))
    .sort();
  const tokenizer = trainBpe(
    names.map((name) => readFileSync(join(folder, 'train', name), 'utf8')),
    { vocabulary: config.vocab_size, special: SPECIAL },
  );
  rmSync(work, { recursive: true, force: true });
  await initialiseModel(join(work, 'random'), config, {
    'tokenizer.json': tokenizer,
    'tokenizer_config.json': {
      tokenizer_class: 'PreTrainedTokenizerFast',
      bos_token: '<|endoftext|>',
      eos_token: '<|im_end|>',
      pad_token: '<|endoftext|>',
      model_max_length: config.max_position_embeddings,
      chat_template: chatTemplate,
    },
    'generation_config.json': { bos_token_id: 0, eos_token_id: [0, 2], pad_token_id: 0 },
  });
}

const trained = join(work, 'trained');
const target = join(root, 'resources/starter/model');
const training = {
  method: 'full',
  steps,
  'batch-size': '8',
  'max-length': '256',
  'learning-rate': '1.5e-3',
  schedule: 'cosine',
  'warmup-steps': '100',
  'weight-decay': '0.1',
};
const flags = Object.entries(training).flatMap(([name, value]) => [`--${name}`, value]);
const data = ['--data', join(folder, 'train'), '--held-out', '0'];
if (!existsSync(trained)) {
  const more = ['--no-measure', '--resume', '--checkpoint-minutes', '3'];
  lathe('finetune', join(work, 'random'), ...data, '--out', trained, ...flags, ...more);
}
lathe('quantize', trained, '--method', 'float16', '--out', target, '--no-measure');

const heldOut = (model, text) => {
  const words = ['eval', model, '--text', text, '--context', '256', '--stride', '128', '--json', '--quiet'];
  const { perplexity, bitsPerByte, tokens } = JSON.parse(
    execFileSync(process.execPath, [join(root, 'bin/lathe.mjs'), ...words]).toString(),
  );
  return { perplexity, bitsPerByte, tokens };
};
const { losses } = JSON.parse(readFileSync(join(trained, 'lathe.json'), 'utf8')).steps[0];
const lineage = {
  version: 1,
  source: 'scripts/make-starter.mjs: random weights, trained by Lathe on public-domain text',
  steps: [],
  training: { ...training, finalLoss: losses.slice(-50).reduce((a, b) => a + b, 0) / 50 },
  heldOut: {
    context: 256,
    stride: 128,
    'eleven addresses': heldOut(target, join(folder, 'heldout.txt')),
    'Moby Dick, chapters 91 to 115': heldOut(target, join(root, 'resources/data/moby-dick-train.txt')),
    'Moby Dick, chapters 116 to 120': heldOut(target, join(root, 'resources/data/moby-dick-test.txt')),
  },
};
writeFileSync(join(target, 'lathe.json'), `${JSON.stringify(lineage, undefined, 2)}\n`);
rmSync(join(target, 'README.md'), { force: true });
console.log(lineage.heldOut);
