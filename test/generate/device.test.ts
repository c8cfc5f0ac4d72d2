/** Decoding whose cache stays where the session computes, here the processor, and the comparison before a device answers. */
import { cp, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { BatchDecoder } from '../../app/generate/batch/batch-decoder.ts';
import { Decoder } from '../../app/generate/decoder.ts';
import { assertAgrees, compareDecoders, toleranceOf } from '../../app/generate/device-check.ts';
import { generateIds } from '../../app/generate/generate.ts';
import { openStored } from '../../app/models/stored.ts';
import { decoderCases } from '../fixtures/architecture-cases.ts';
import { makeTinyModel } from '../models/tiny-model.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-device-'));
afterAll(() => rm(work, { recursive: true }));
const ids = Array.from({ length: 70 }, (_, i) => (i * 37 + 5) % 61);

it.each(decoderCases.slice(0, 4))('$name writes the same with its cache held by the runtime', async ({ folder }) => {
  const model = await openStored(folder);
  const write = async (heldCache: boolean) => {
    const decoder = await Decoder.open(model, { threads: 1, maxLength: 32, heldCache });
    const whole = await generateIds(decoder, ids.slice(0, 9), { maxTokens: 12 });
    decoder.rewind(7);
    const again = await generateIds(decoder, ids.slice(0, 9), { maxTokens: 12 });
    decoder.dispose();
    return [whole, again];
  };
  expect(await write(true)).toEqual(await write(false));
});

it('lanes that the runtime holds are copied and exchanged', async () => {
  const model = await openStored(await makeTinyModel(work, 'llama'));
  const answers = async (heldCache: boolean) => {
    const decoder = await BatchDecoder.open(model, { threads: 1, maxLength: 24, lanes: 3, heldCache });
    await decoder.read(0, 0, ids.slice(0, 8), false);
    await decoder.read(1, 0, ids.slice(8, 14), false);
    decoder.copy(0, 2, 8);
    decoder.swap(0, 1, 8);
    const logits = Array.from(await decoder.step([7, 8, 9], [6, 8, 8]));
    // Fewer together, one by itself, and all again.
    logits.push(...(await decoder.step([10, 11], [7, 9])));
    logits.push(...(await decoder.read(1, 10, [12], true))!);
    decoder.copy(1, 0, 11);
    decoder.swap(0, 2, 11);
    logits.push(...(await decoder.step([13, 14, 15], [9, 11, 11])));
    decoder.dispose();
    return logits;
  };
  const [held, ours] = [await answers(true), await answers(false)];
  expect(held.length).toBe(9 * model.config.vocabulary);
  for (const [i, value] of ours.entries()) expect(Math.abs(held[i] - value)).toBeLessThan(1e-5);
});

it('what only the processor does is refused on a device, which says so', async () => {
  const model = await openStored(await makeTinyModel(work, 'qwen2'));
  const open = (options: object) => Decoder.open(model, { threads: 1, maxLength: 16, ...options });
  await expect(open({ device: 'cuda', cacheType: 'int8' })).rejects.toMatchObject({ code: 'arguments/incompatible' });
  // No package of ONNX Runtime for Node holds it.
  await expect(open({ device: 'cuda' })).rejects.toMatchObject({
    code: 'device/unavailable',
    message: expect.stringMatching(/^cuda does not run this model here: .*CUDA/),
  });
});

it('answers of the same weights agree, those of others do not', async () => {
  const [one, other] = [await openStored(await makeTinyModel(work, 'llama')), await makeTinyModel(work, 'untied')];
  const open = async (model: typeof one) => Decoder.open(model, { threads: 1, maxLength: 70 });
  const [a, b, c] = [await open(one), await open(one), await open(await openStored(other))];
  const same = await compareDecoders(a, b, ids);
  expect(same).toMatchObject({ topAgreement: 1, largest: 0, positions: 66 });
  expect(same.divergence).toBeLessThan(1e-12);
  a.rewind();
  expect((await compareDecoders(a, c, ids)).divergence).toBeGreaterThan(toleranceOf(one));
  for (const decoder of [a, b, c]) decoder.dispose();
});

it('is compared once, until the weights are written anew', async () => {
  const folder = join(work, 'noted');
  await cp(await makeTinyModel(work, 'llama'), folder, { recursive: true });
  const note = join(folder, 'lathe-device.json');
  // The processor stands in for a device that agrees.
  await assertAgrees(await openStored(folder), { threads: 1 });
  const written = JSON.parse(await readFile(note, 'utf8'));
  expect(written.devices).toEqual(['cpu']);
  await writeFile(note, JSON.stringify({ ...written, devices: ['cpu', 'coreml'] }));
  await assertAgrees(await openStored(folder), { threads: 1 });
  expect(JSON.parse(await readFile(note, 'utf8')).devices).toEqual(['cpu', 'coreml']);
  await writeFile(note, '{"version": 1, "devi');
  await assertAgrees(await openStored(folder), { threads: 1 });
  expect(JSON.parse(await readFile(note, 'utf8')).devices).toEqual(['cpu']);
  await writeFile(note, JSON.stringify({ ...written, devices: ['cpu', 'coreml'] }));
  await utimes(join(folder, 'model.safetensors'), 1, 1);
  await assertAgrees(await openStored(folder), { threads: 1 });
  expect(JSON.parse(await readFile(note, 'utf8')).devices).toEqual(['cpu']);
});
