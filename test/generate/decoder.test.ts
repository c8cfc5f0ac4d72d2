/** Decoding with the cache gives what scoring whole sequences gave in PyTorch. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Decoder } from '../../app/generate/decoder.ts';
import { openStored } from '../../app/models/stored.ts';
import { readConstant, safetensorsConstants } from '../../app/models/weights/constants.ts';

const ROOT = join(import.meta.dirname, '../fixtures/models');

const argmax = (values: Float32Array) => values.reduce((best, v, i) => (v > values[best] ? i : best), 0);

it.each(readdirSync(ROOT))('%s continues greedily with the same tokens', async (name) => {
  const reference = await safetensorsConstants(join(ROOT, name, 'reference.safetensors'));
  const greedy = Array.from((await readConstant(reference.get('greedy_ids')!)).data as Int32Array);
  const decoder = await Decoder.open(await openStored(join(ROOT, name)), { threads: 1, maxLength: 32 });
  const ids = greedy.slice(0, 8);
  let logits = await decoder.extend(ids);
  while (ids.length < greedy.length) {
    const next = argmax(logits.data as Float32Array);
    ids.push(next);
    logits = await decoder.extend([next]);
  }
  expect(ids).toEqual(greedy);
  decoder.rewind(8);
  const again = await decoder.extend(greedy.slice(8, 12), [0, 1, 2, 3]);
  expect(again.shape).toEqual([4, decoder.model.config.vocabulary]);
  expect(argmax((again.data as Float32Array).subarray(-decoder.model.config.vocabulary))).toBe(greedy[12]);
  decoder.dispose();
});
