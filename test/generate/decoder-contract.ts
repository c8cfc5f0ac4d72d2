/** What every decoder does, whichever way it reaches the runtime: run by the two test files beside this one. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Decoder } from '../../app/generate/decoder.ts';
import { openStored } from '../../app/models/stored.ts';
import type { Session } from '../../app/runtime/session.ts';
import type { Tensor } from '../../app/tensor/tensor.ts';
import { decoderCases, readReference } from '../fixtures/architecture-cases.ts';
import { makeTinyModel } from '../models/tiny-model.ts';

const ROOT = join(import.meta.dirname, '../fixtures/models');

const argmax = (values: Float32Array) => values.reduce((best, v, i) => (v > values[best] ? i : best), 0);
const rowsOf = ({ data, shape: [rows, width] }: Tensor): Float32Array[] =>
  Array.from({ length: rows }, (_, i) => (data as Float32Array).slice(i * width, (i + 1) * width));
const largest = (a: Float32Array, b: Float32Array) => a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i])), 0);

export async function describeDecoder(implementation: Session['implementation']): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'lathe-decoder-'));
  afterAll(() => rm(work, { recursive: true }));

  it.each(decoderCases)('$name continues greedily with the same tokens', async ({ folder }) => {
    const greedy = Array.from((await readReference(folder)).greedy_ids.data as Int32Array);
    const decoder = await Decoder.open(await openStored(folder), { threads: 1, maxLength: 32 });
    expect(decoder.implementation).toBe(implementation);
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
    expect(argmax(rowsOf(again)[3])).toBe(greedy[12]);
    decoder.dispose();
  });

  it.each(['llama', 'qwen2', 'gpt2'])('a cache of int8 predicts nearly what one of float32 does: %s', async (name) => {
    const ids = Array.from({ length: 48 }, (_, i) => (i * 37 + 5) % 61);
    const model = await openStored(join(ROOT, name));
    const predict = async (cacheType: 'float32' | 'int8') => {
      const decoder = await Decoder.open(model, {
        threads: 1,
        maxLength: 64,
        cacheType,
        sample: ids.slice(0, 40),
      });
      await decoder.extend(ids.slice(0, 44));
      // Some are forgotten again, the last comes by itself, as in generating.
      decoder.rewind(40);
      await decoder.extend(ids.slice(40, 47));
      const logits = Float32Array.from((await decoder.extend([ids[47]])).data as Float32Array);
      decoder.dispose();
      return logits;
    };
    const [exact, close] = [await predict('float32'), await predict('int8')];
    const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0));
    const error = norm(exact.map((v, i) => v - close[i])) / norm(exact);
    // Keys with biases, as in Qwen, lose more: their channels are far from zero.
    expect(error).toBeLessThan(name === 'qwen2' ? 0.2 : 0.03);
    expect(error).toBeGreaterThan(1e-6);
  });

  it('gives the same logits for a long prompt, in whichever pieces it comes', async () => {
    const model = await openStored(await makeTinyModel(work, 'llama'));
    const decoder = await Decoder.open(model, { threads: 1 });
    const ids = Array.from({ length: 400 }, (_, i) => (i * 37 + 5) % 320);
    const wanted = [0, 254, 255, 256, 399];
    const whole = rowsOf(await decoder.extend(ids, wanted));
    decoder.rewind(0);
    const pieces: Float32Array[] = [];
    for (let begin = 0; begin < ids.length; begin += 50) {
      const inPiece = wanted.filter((row) => row >= begin && row < begin + 50).map((row) => row - begin);
      pieces.push(...rowsOf(await decoder.extend(ids.slice(begin, begin + 50), inPiece)));
    }
    expect(whole.length).toBe(wanted.length);
    whole.forEach((row, i) => {
      expect(largest(row, pieces[i])).toBeLessThan(1e-4);
    });
    // Rows of different positions differ by far more.
    expect(largest(whole[0], whole[1])).toBeGreaterThan(0.1);
    await expect(decoder.extend(new Array(113).fill(1))).rejects.toMatchObject({ code: 'arguments/invalid' });
    decoder.dispose();
  });

  it('stops when the signal says so and goes on after it', async () => {
    const decoder = await Decoder.open(await openStored(join(ROOT, 'llama')), { threads: 1, maxLength: 32 });
    const logits = rowsOf(await decoder.extend([1, 2, 3]))[0];
    decoder.rewind(2);
    await expect(decoder.extend([3], undefined, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    expect(decoder.length).toBe(2);
    expect(largest(rowsOf(await decoder.extend([3]))[0], logits)).toBeLessThan(1e-5);
    decoder.dispose();
  });
}
