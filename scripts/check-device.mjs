/**
 * Everything that Lathe does on a device beside the processor, on this machine, as one JSON document: which devices open, how
 * far their answers and gradients are from the processor's, which operators fall back to it, and how fast both are.
 * usage: node scripts/check-device.mjs [MODEL …] [--device webgpu] [--shapes 135M,360M] [--threads N] [--repeat 3] [--steps 5] [--rows 4] [--length 128] [--contexts 64,512] [--out FILE]
 * Without a graphics card it runs, slowly, on SwiftShader: unpack bin/swiftshader.tar.br of the npm package @sparticuz/chromium@131 and
 * set LD_LIBRARY_PATH to its folder and VK_ICD_FILENAMES to its vk_swiftshader_icd.json. SwiftShader gets attention over 32 tokens and more
 * wrong, which the report shows.
 * MODEL is a folder (default: the starter model). --shapes adds models of random weights in the shapes of SmolLM2, as they are and in
 * int4: speeds do not depend on the weights.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const root = resolve(import.meta.dirname, '..');
const load = (file) => import(join(root, 'dist', file));
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    device: { type: 'string', default: 'webgpu' },
    shapes: { type: 'string', default: '' },
    threads: { type: 'string' },
    repeat: { type: 'string', default: '3' },
    steps: { type: 'string', default: '5' },
    rows: { type: 'string', default: '4' },
    length: { type: 'string', default: '128' },
    contexts: { type: 'string', default: '64,512' },
    out: { type: 'string' },
  },
});
const { device } = flags;
const threads = flags.threads === undefined ? undefined : Number(flags.threads);
const repeat = Number(flags.repeat);
const contexts = flags.contexts.split(',').map(Number);
const say = (text) => console.error(`${(performance.now() / 1000).toFixed(1)} s  ${text}`);

const SHAPES = {
  '135M': {
    hidden_size: 576,
    intermediate_size: 1536,
    num_hidden_layers: 30,
    num_attention_heads: 9,
    num_key_value_heads: 3,
  },
  '360M': {
    hidden_size: 960,
    intermediate_size: 2560,
    num_hidden_layers: 32,
    num_attention_heads: 15,
    num_key_value_heads: 5,
  },
};
const LLAMA = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: 49152,
  hidden_act: 'silu',
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  max_position_embeddings: 2048,
  tie_word_embeddings: true,
};

const [
  { Decoder },
  { openStored },
  { openModel },
  { measureAgreement },
  { spreadIds },
  { measureSpeed },
  { detectHardware },
] = await Promise.all(
  [
    'generate/decoder.js',
    'models/stored.js',
    'models/model.js',
    'generate/device-check.js',
    'generate/spread-ids.js',
    'profile/speed.js',
    'profile/hardware.js',
  ].map(load),
);
const work = mkdtempSync(join(tmpdir(), 'lathe-device-'));
const report = { device, threads: threads ?? availableParallelism(), processor: cpus()[0]?.model, models: [] };

async function tried(name, work) {
  say(name);
  try {
    return await work();
  } catch (error) {
    say(`${name}: ${error.message}`);
    return { error: error.message, code: error.code };
  }
}

async function textOf(folder, vocabulary) {
  const { sampleIds } = await load('generate/cache-sample.js');
  return sampleIds(folder).catch(() => spreadIds(100, vocabulary));
}

async function speeds(folder, on) {
  const begin = performance.now();
  const decoder = await Decoder.open(await openStored(folder), {
    device: on,
    threads,
    unchecked: true,
    maxLength: Math.max(...contexts) + 40,
  });
  try {
    const openMs = performance.now() - begin;
    return { openMs, contexts: await measureSpeed(decoder, { contexts, repeat }) };
  } finally {
    decoder.dispose();
  }
}

async function operators(folder) {
  const decoder = await Decoder.open(await openStored(folder), {
    device,
    threads,
    unchecked: true,
    profile: true,
    maxLength: 96,
  });
  try {
    await measureSpeed(decoder, { contexts: [64], repeat: 1, decodeTokens: 4 });
    return byOperator(decoder.operatorTimes());
  } finally {
    decoder.dispose();
  }
}

function byOperator(times) {
  const sums = {};
  for (const { operator, device: ran, milliseconds, calls } of times) {
    const sum = (sums[`${operator} on ${ran}`] ??= { milliseconds: 0, calls: 0 });
    sum.milliseconds += milliseconds;
    sum.calls += calls;
  }
  return sums;
}

async function training(folder) {
  const [{ openTraining }, { finetuneSchema }, { writeSafetensors }] = await Promise.all(
    [
      'techniques/finetune/open-training.js',
      'techniques/finetune/schema.js',
      'models/weights/safetensors-writer.js',
    ].map(load),
  );
  const model = await openModel(folder);
  const [rows, length, steps] = [Number(flags.rows), Number(flags.length), Number(flags.steps)];
  const tokens = join(work, 'tokens.safetensors');
  const ids = Int32Array.from(spreadIds(rows * length, model.config.vocabulary));
  const entry = (name) => ({ name, dtype: 'int32', shape: [1, rows, length], produce: () => ids });
  await writeSafetensors(tokens, [entry('input_ids'), entry('labels')]);
  const found = {};
  for (const on of ['cpu', device]) {
    found[on] = await tried(`LoRA on ${on}`, async () => {
      const begin = performance.now();
      const options = finetuneSchema.parse({ method: 'lora', device: on, batchSize: rows, maxLength: length });
      const opened = await openTraining(model, { tokens }, options, threads);
      const openMs = performance.now() - begin;
      const { trainer, source, gradientCheck } = opened;
      try {
        const [losses, times] = [[], []];
        for (let step = 0; step < steps + 1; step++) {
          const from = performance.now();
          losses.push((await trainer.step(await source.batches(step), 2e-4)).loss);
          if (step > 0) times.push(performance.now() - from);
        }
        times.sort((a, b) => a - b);
        const stepMs = times[times.length >> 1];
        return { openMs, gradientCheck, losses, stepMs, tokensPerSecond: (1000 * rows * length) / stepMs };
      } finally {
        trainer.dispose();
      }
    });
  }
  return { rows, length, ...found };
}

async function check(folder, name) {
  const stored = await openStored(folder);
  const ids = await textOf(folder, stored.config.vocabulary);
  const result = { model: name };
  report.models.push(result);
  result.agreement = await tried(`${name}: agreement`, () => measureAgreement(stored, { device, threads }, ids));
  result.speed = { cpu: await tried(`${name}: speed of cpu`, () => speeds(folder, 'cpu')) };
  result.speed[device] = await tried(`${name}: speed of ${device}`, () => speeds(folder, device));
  result.operators = await tried(`${name}: operators`, () => operators(folder));
  if (!name.includes('int4')) result.training = await tried(`${name}: training`, () => training(folder));
  write();
}

function write() {
  const text = JSON.stringify(report, undefined, 1);
  if (flags.out) writeFileSync(flags.out, text);
  return text;
}

try {
  report.hardware = await tried('hardware', () => detectHardware(root));
  write();
  const folders = positionals.length > 0 ? positionals : [join(root, 'resources', 'starter', 'model')];
  for (const folder of folders) await check(folder, basename(resolve(folder)));
  for (const shape of flags.shapes.split(',').filter(Boolean)) {
    const [{ initialiseModel }, { quantize }, { quantizeSchema }] = await Promise.all(
      ['models/initialise.js', 'techniques/quantize/quantize.js', 'techniques/quantize/schema.js'].map(load),
    );
    const folder = join(work, shape);
    say(`making ${shape}`);
    await initialiseModel(folder, { ...LLAMA, ...SHAPES[shape] }, {});
    await check(folder, shape);
    // 4: activations are rounded to int8 too, as the processor computes fastest.
    for (const accuracyLevel of [4, 1]) {
      const name = `${shape}-int4-${accuracyLevel}`;
      const options = quantizeSchema.parse({ method: 'rtn', bits: 4, accuracyLevel });
      const made = await tried(`making ${name}`, async () =>
        quantize(await openModel(folder), join(work, name), options),
      );
      if (!made.error) await check(join(work, name), name);
    }
  }
  process.stdout.write(`${write()}\n`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
