/** Perplexity over sliding windows against PyTorch; a model's distance from itself. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { divergence, perplexity } from '../../app/evaluate/perplexity.ts';
import { normalise, tokenF1 } from '../../app/evaluate/text-scores.ts';
import { windowsOf } from '../../app/evaluate/windows.ts';
import { Decoder } from '../../app/generate/decoder.ts';
import { openStored } from '../../app/models/stored.ts';
import { readConstant, safetensorsConstants } from '../../app/models/weights/constants.ts';

const ROOT = join(import.meta.dirname, '../fixtures');
const folder = join(ROOT, 'metrics/perplexity-llama');
const reference = JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8'));
const stream = await readConstant(
  (await safetensorsConstants(join(folder, 'reference.safetensors'))).get('input_ids')!,
);
const ids = Array.from(stream.data as Int32Array);
const decoder = await Decoder.open(await openStored(join(ROOT, reference.model)), { threads: 1 });
afterAll(() => decoder.dispose());

it('lays windows as the reference does', () => {
  const windows = windowsOf(ids.length, 32, 16).map(({ begin, end, scoreFrom }) => [begin, end, scoreFrom]);
  expect(windows).toEqual(reference.windows_begin_end_firstscored);
});

it.each([
  ['overlapping', reference],
  ['disjoint', reference.disjoint_windows],
])('%s windows give the perplexity of the reference', async (_, expected) => {
  const { context, stride } = expected;
  const result = await perplexity(decoder, ids, { context, stride });
  expect(result.tokens).toBe(expected.tokens_scored);
  expect(Math.abs(result.perplexity / expected.perplexity - 1)).toBeLessThan(1e-4);
});

it('finds no distance between a model and itself', async () => {
  const same = await Decoder.open(await openStored(join(ROOT, reference.model)), { threads: 1 });
  const { klDivergence, topAgreement } = await divergence(decoder, same, ids, { context: 96, stride: 96 });
  same.dispose();
  expect(klDivergence.mean).toBeLessThan(1e-9);
  expect(topAgreement).toBe(1);
});

it('refuses windows that skip tokens or exceed the model', async () => {
  await expect(perplexity(decoder, ids, { context: 8, stride: 9 })).rejects.toThrow('skips tokens');
  await expect(perplexity(decoder, ids, { context: 1e6, stride: 1 })).rejects.toThrow('exceeds');
  await expect(perplexity(decoder, [1], { context: 8, stride: 8 })).rejects.toThrow('fewer than two');
});

it('compares answers as SQuAD does', () => {
  expect(normalise('  The Cat, sat!  ')).toBe('cat sat');
  expect(tokenF1('cat sat', 'cat sat down')).toBeCloseTo(0.8);
  expect(tokenF1('', '')).toBe(1);
  expect(tokenF1('dog', '')).toBe(0);
  expect(tokenF1('no no', 'no')).toBeCloseTo(2 / 3);
});
