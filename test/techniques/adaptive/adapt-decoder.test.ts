/** A decoder's exits: heads by regression find what is there, the promise is kept on other windows, the folder says what was found. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openAdaptiveWriter } from '../../../app/generate/adaptive-text.ts';
import { Decoder } from '../../../app/generate/decoder.ts';
import { generateIds } from '../../../app/generate/generate.ts';
import { openGraph } from '../../../app/generate/open-graph.ts';
import { writeWithOwnDrafts } from '../../../app/generate/own-drafts-text.ts';
import { buildFullHead, buildListProduct } from '../../../app/models/graphs/decoding-parts.ts';
import { pickHead } from '../../../app/models/graphs/list-head.ts';
import { importModel } from '../../../app/models/import/index.ts';
import { openModel } from '../../../app/models/model.ts';
import { openStored } from '../../../app/models/stored.ts';
import { loadTokenizer } from '../../../app/models/tokenizer.ts';
import { safetensorsConstants } from '../../../app/models/weights/constants.ts';
import { adaptDecoder } from '../../../app/techniques/adaptive/adapt-decoder.ts';
import { fitRidge } from '../../../app/techniques/adaptive/ridge.ts';
import { adaptSchema } from '../../../app/techniques/adaptive/schema.ts';
import { splitWindows } from '../../../app/techniques/adaptive/token-windows.ts';
import { quantize } from '../../../app/techniques/quantize/quantize.ts';
import { quantizeSchema } from '../../../app/techniques/quantize/schema.ts';
import { Random } from '../../../app/tensor/random.ts';
import { float32 } from '../../../app/tensor/tensor.ts';
import { makeTinyModel } from '../../models/tiny-model.ts';
import { readJson } from './topics.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-adapt-decoder-'));
afterAll(() => rm(work, { recursive: true, force: true }));

it('finds a linear map again', async () => {
  const random = new Random([1]);
  const width = 6;
  const rows = 400;
  const x = Float32Array.from({ length: rows * width }, () => random.fraction() - 0.5);
  const weight = Float32Array.from({ length: width * width }, () => random.fraction() - 0.5);
  const y = new Float32Array(rows * width);
  for (let r = 0; r < rows; r++)
    for (let j = 0; j < width; j++) {
      y[r * width + j] = j;
      for (let i = 0; i < width; i++) y[r * width + j] += weight[j * width + i] * x[r * width + i];
    }
  const map = await fitRidge(x, y, width, 1);
  for (const [i, w] of map.weight.entries()) expect(w).toBeCloseTo(weight[i], 1);
  for (const [j, b] of map.bias.entries()) expect(b).toBeCloseTo(j, 1);
});

it('keeps windows of the four parts apart', () => {
  const windows = Array.from({ length: 100 }, (_, i) => Int32Array.of(i % 90, 1, 2));
  const parts = splitWindows(windows, { tuning: 0.1, calibration: 0.3, heldOut: 0.2, seed: 0 });
  expect(Object.values(parts).flat()).toHaveLength(100);
  const all = Object.values(parts).flatMap((part) => [...new Set(part.map((window: Int32Array) => window.join()))]);
  expect(new Set(all).size).toBe(all.length);
});

const SESSION = { threads: 1, maxLength: 32 };

it('trains exits, proves thresholds and writes them down', async () => {
  // Three layers, of which the last two change little: an exit after the first can say much.
  const folder = await makeTinyModel(work, 'deep');
  const model = await openStored(folder);
  const random = new Random([4]);
  const sequences = Array.from({ length: 120 }, () => {
    let id = 3 + Math.floor(random.fraction() * 40);
    return Array.from({ length: 24 }, () => (id = 3 + ((id * 7 + (random.fraction() < 0.3 ? 1 : 0)) % 40)));
  });
  const options = adaptSchema.parse({
    maxLoss: 0.2,
    confidence: 0.8,
    metric: 'agreement',
    window: 24,
    shortlist: 64,
    epochs: 4,
    exits: [1, 2],
  });
  const out = join(work, 'deep-out');
  const result = await adaptDecoder(model, sequences, out, options, { threads: 1 });
  expect(result.layers).toBe(3);
  expect(result.exits.map(({ layer }) => layer)).toEqual([1, 2]);
  expect(result.exits[1].agreement).toBeGreaterThan(0.5);
  expect(result.guarantee.accepted).toBeGreaterThan(0);
  expect(result.guarantee.pValue).toBeLessThanOrEqual(0.2);
  expect(result.guarantee.heldOut.loss).toBeLessThan(0.3);
  expect(result.answered.exit + result.answered.shortlist + result.answered.full).toBeCloseTo(1);
  expect(result.generated.exit + result.generated.shortlist + result.generated.full).toBeCloseTo(1);
  expect(result.speedup).toBeGreaterThan(0);
  const note = await readJson(join(out, 'adaptive.json'));
  expect(note).toMatchObject({ kind: 'decoder', layers: 3, thresholds: result.thresholds });
  const tensors = await safetensorsConstants(join(out, 'exits.safetensors'));
  expect(tensors.get('shortlist.tokens')?.shape).toEqual([64]);
  await expect(openStored(out)).resolves.toMatchObject({ parameters: model.parameters });

  // The dial: careful is the whole model, fast answers all but the first token by the exit.
  const tokenizer = await loadTokenizer(out);
  const prompt = [5, 35, 10];
  const write = async (threshold: number) => {
    const writer = await openAdaptiveWriter(out, {}, { threads: 1, maxLength: 32, threshold });
    const text = await writer!.write(tokenizer, prompt, { maxTokens: 12 });
    writer!.dispose();
    return text;
  };
  const decoder = await Decoder.open(await openStored(folder), { threads: 1, maxLength: 32 });
  const whole = await generateIds(decoder, prompt, { maxTokens: 12 });
  const own = await writeWithOwnDrafts(await openStored(out), tokenizer, prompt, { maxTokens: 12 }, SESSION);
  expect(own.ids).toEqual(whole);
  expect(own.accepted).toBeLessThanOrEqual(own.drafted);
  // Taken into the library it stays adaptive.
  const imported = join(work, 'imported');
  await importModel(out, imported);
  expect(await readJson(join(imported, 'adaptive.json'))).toEqual(note);
  const quick = await openAdaptiveWriter(imported, {}, { ...SESSION, threshold: 0 });
  expect((await quick!.write(tokenizer, prompt, { maxTokens: 12 })).answered.exit).toBeGreaterThan(0.5);
  quick!.dispose();
  decoder.dispose();
  expect(await write(1)).toMatchObject({ ids: whole, meanLayersUsed: 3, answered: { full: 1 } });
  const fast = await write(0);
  expect(fast.answered.exit).toBeCloseTo(11 / 12);
  expect(fast.meanLayersUsed).toBeCloseTo((3 + 11 * result.thresholds.layer) / 12);
  expect(fast.pieces.map(({ layers }) => layers)).toEqual([3, ...new Array<number>(11).fill(result.thresholds.layer)]);
  expect(fast.text.startsWith(fast.pieces.map(({ text }) => text).join(''))).toBe(true);
  await expect(
    openAdaptiveWriter(out, { temperature: 1 }, { threads: 1, maxLength: 32, threshold: 0.5 }),
  ).rejects.toMatchObject({ code: 'arguments/incompatible' });
  await expect(openAdaptiveWriter(folder, {}, { maxLength: 32, threshold: 0.5 })).rejects.toMatchObject({
    code: 'arguments/incompatible',
  });
  expect(await openAdaptiveWriter(folder, {}, { maxLength: 32 })).toBeUndefined();

  // In fewer bits the exits stay, silent until their promise is proved again, on the windows that proved it before.
  const coarse = join(work, 'deep-int4');
  const bits = quantizeSchema.parse({ bits: 4, embeddingBits: 8, accuracyLevel: 1 });
  const { notes } = await quantize(await openModel(out), coarse, bits, { threads: 1 });
  expect(notes).toEqual([expect.stringContaining(`lathe adapt ${coarse} --data DATA --keep-exits`)]);
  expect(await openAdaptiveWriter(coarse, {}, { maxLength: 32 })).toBeUndefined();
  const kept = { ...options, keepExits: true, seed: 9, window: 12 };
  const again = await adaptDecoder(await openStored(coarse), sequences, join(work, 'again'), kept, { threads: 1 });
  expect(again.exits.map(({ layer }) => layer)).toEqual([result.thresholds.layer]);
  expect(again.windows).toEqual(result.windows);
  expect(again.guarantee.accepted).toBeGreaterThan(0);
  expect((await readJson(join(again.model, 'adaptive.json'))).thresholds).toEqual(again.thresholds);
  const plain = adaptDecoder(model, sequences, join(work, 'plain'), kept, { threads: 1 });
  await expect(plain).rejects.toMatchObject({ code: 'arguments/incompatible' });
}, 60_000);

it('cuts the short list of a quantized decoder from its own codes', async () => {
  const source = join(work, 'int4');
  const coarse = quantizeSchema.parse({ bits: 4, embeddingBits: 8, accuracyLevel: 1 });
  await quantize(await openModel(await makeTinyModel(work, 'untied')), source, coarse, { threads: 1 });
  const model = await openStored(source);
  const list = await pickHead(model, [3, 70, 200]);
  const [whole, short] = await Promise.all([
    openGraph(buildFullHead(model, { ...model, maxLength: 1 }), { threads: 1 }),
    openGraph(buildListProduct(model, list), { threads: 1 }),
  ]);
  const { width } = model.config;
  const state = float32(
    [2, width],
    Float32Array.from({ length: 2 * width }, (_, i) => Math.sin(i)),
  );
  const [{ logits: all }, { logits: some }] = [await whole.run({ state }, ['logits']), await short.run({ state })];
  const { vocabulary } = model.config;
  for (const row of [0, 1])
    for (const [i, token] of list.tokens.entries())
      expect(Number(some.data[3 * row + i])).toBeCloseTo(Number(all.data[row * vocabulary + token]), 4);
  whole.dispose();
  short.dispose();
});

it('says how many windows a promise takes', async () => {
  const model = await openStored(await makeTinyModel(work, 'deep'));
  const trying = adaptDecoder(model, [new Array(400).fill(5)], join(work, 'none'), adaptSchema.parse({}), {
    threads: 1,
  });
  await expect(trying).rejects.toMatchObject({ code: 'adapt/too-few-rows' });
  await expect(trying).rejects.toThrow(/takes \d+ calibration windows of 64 tokens/);
});
