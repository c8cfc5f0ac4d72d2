/**
 * Writes app/runtime/direct/api-indices.ts from ONNX Runtime's published header: the position of each function in the
 * table OrtApi, which only ever grows at its end; and test/runtime/ort-api-names.txt, all names in their order, for the
 * test that checks the positions. Usage: node scripts/generate-ort-api.mjs onnxruntime_c_api.h
 * (the header is in every release, in the Maven package onnxruntime-android and in the Go module yalue/onnxruntime_go).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readOrtHeader } from './ort-header.mjs';
import { root } from './setup.mjs';

const { version, names } = readOrtHeader(readFileSync(process.argv[2], 'utf8'));
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
writeFileSync(join(root, 'test', 'runtime', 'ort-api-names.txt'), `${names.join('\n')}\n`);
console.log(`${wanted.length} of ${names.length} functions, API version ${version}`);
