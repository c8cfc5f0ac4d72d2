/** Encoder-decoders answer greedily as PyTorch does, token by token with a cache. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Answerer, answerText } from '../../app/generate/answerer.ts';
import { idsWritten } from '../../app/generate/open-writer.ts';
import { openModel } from '../../app/models/model.ts';
import { loadTokenizer } from '../../app/models/tokenizer.ts';
import { ARCHITECTURE_CASES, readReference } from '../fixtures/architecture-cases.ts';
import { makeTinyModel } from '../models/tiny-model.ts';

const numbers = (data: unknown) => Array.from(data as Int32Array);

it.each(ARCHITECTURE_CASES.filter(({ kind }) => kind === 'encoder-decoder'))('$name', async ({ folder, tolerance }) => {
  const { input_ids, greedy_ids, decoder_input_ids, logits } = await readReference(folder);
  const length = input_ids.shape[1];
  const input = numbers(input_ids.data).slice(0, length);
  const answerer = await Answerer.open(await openModel(folder), { threads: 1 });
  const greedy = numbers(greedy_ids.data);
  expect(answerer.model.config.decoderStart).toBe(greedy[0]);
  expect(await idsWritten(answerer, input, { maxTokens: greedy.length - 1 })).toEqual(greedy.slice(1));

  // In pieces: several tokens at once and then one.
  await answerer.read(input);
  const given = numbers(decoder_input_ids.data).slice(0, decoder_input_ids.shape[1]);
  const width = answerer.model.config.vocabulary;
  for (const [begin, end] of [
    [0, 4],
    [4, 9],
    [9, 10],
  ]) {
    const actual = (await answerer.extend(given.slice(begin, end))).data as Float32Array;
    const expected = (logits.data as Float32Array).subarray((end - 1) * width, end * width);
    const worst = actual.reduce((most, v, i) => Math.max(most, Math.abs(v - expected[i])), 0);
    expect(worst).toBeLessThan(tolerance / 10);
  }
  answerer.dispose();
});

it('is not for a decoder', async () => {
  const { folder } = ARCHITECTURE_CASES.find(({ name }) => name === 'llama')!;
  await expect(Answerer.open(await openModel(folder))).rejects.toMatchObject({ code: 'arguments/incompatible' });
});

it('ends before a text that is named', async () => {
  const work = await mkdtemp(join(tmpdir(), 'lathe-answerer-'));
  const folder = await makeTinyModel(work, 't5');
  const [answerer, tokenizer] = [
    await Answerer.open(await openModel(folder), { threads: 1 }),
    await loadTokenizer(folder),
  ];
  const say = async (stop: readonly string[]) =>
    (await answerText(answerer, tokenizer, [5, 17, 31], { maxTokens: 12, temperature: 1, seed: 3, stop })).text;
  const text = await say([]);
  const stop = text.slice(5, 8);
  expect(await say([stop])).toBe(text.slice(0, text.indexOf(stop)));
  answerer.dispose();
  await rm(work, { recursive: true });
});
