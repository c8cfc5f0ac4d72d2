/**
 * Writes app/runtime/direct/api-indices.ts from ONNX Runtime's published header: the position of each function in the
 * table OrtApi, which only ever grows at its end. Usage: node scripts/generate-ort-api.mjs onnxruntime_c_api.h
 * (the header is in every release, and in the Maven package onnxruntime-android).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

const header = readFileSync(process.argv[2], 'utf8');
const begin = header.indexOf('struct OrtApi {');
const body = header
  .slice(begin, header.indexOf('\n};', begin))
  .replace(/\/\*[\s\S]*?\*\//g, '')
  .replace(/\/\/[^\n]*/g, '')
  .replace(/^#[^\n]*/gm, '');
const entry =
  /ORT_CLASS_RELEASE\((\w+)\)|ORT_API2_STATUS\(\s*(\w+)|ORT_API_CALL\s*\*\s*(\w+)\s*\)\s*\(|\(\s*\*\s*(\w+)\s*\)\s*\(/g;
const names = [...body.matchAll(entry)].map((m) => (m[1] ? `Release${m[1]}` : (m[2] ?? m[3] ?? m[4])));
const version = /#define ORT_API_VERSION (\d+)/.exec(header)[1];

const used = readFileSync(join(root, 'app', 'runtime', 'direct', 'functions.ts'), 'utf8');
const wanted = [...used.matchAll(/^ {2}(\w+): \[/gm)].map((m) => m[1]);
const lines = wanted.map((name) => {
  const index = names.indexOf(name);
  if (index < 0) throw new Error(`the header has no ${name}`);
  return `  ${name}: ${index},`;
});
writeFileSync(
  join(root, 'app', 'runtime', 'direct', 'api-indices.ts'),
  `/** Made by scripts/generate-ort-api.mjs from onnxruntime_c_api.h, version ${version}: positions in the table OrtApi. */\nexport const API_INDICES = {\n${lines.join('\n')}\n} as const;\n`,
);
console.log(`${wanted.length} of ${names.length} functions, API version ${version}`);
