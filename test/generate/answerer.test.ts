/** Encoder-decoders answer greedily as PyTorch does, token by token with a cache. */
import { expect, it } from 'vitest';
import { Answerer } from '../../app/generate/answerer.ts';
import { idsWritten } from '../../app/generate/open-writer.ts';
import { openModel } from '../../app/models/model.ts';
import { ARCHITECTURE_CASES, readReference } from '../fixtures/architecture-cases.ts';

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
