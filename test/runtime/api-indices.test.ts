/** The generated positions in ONNX Runtime's function table: one wrong index is memory corruption. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { API_INDICES } from '../../app/runtime/direct/api-indices.ts';
import { SIGNATURES } from '../../app/runtime/direct/functions.ts';

/** Names in the order of the published header, written by scripts/generate-ort-api.mjs. */
const names = readFileSync(join(import.meta.dirname, 'ort-api-names.txt'), 'utf8')
  .trim()
  .split('\n');

it('has the position of every function that is called', () => {
  expect(Object.keys(API_INDICES).sort()).toEqual(Object.keys(SIGNATURES).sort());
});

it.each(Object.entries(API_INDICES))('%s is at %i in the header', (name, index) => {
  expect(names[index]).toBe(name);
  expect(names.indexOf(name)).toBe(names.lastIndexOf(name));
});

it('reads the whole table', () => {
  // The table begins with these; the releases close what the first version of the API had.
  expect(names.slice(0, 4)).toEqual(['CreateStatus', 'GetErrorCode', 'GetErrorMessage', 'CreateEnv']);
  expect(names[100]).toBe('ReleaseSessionOptions');
  expect(new Set(names).size).toBe(names.length);
});
