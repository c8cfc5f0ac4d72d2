/** What is said of rows alone and beside others is what decoding shows; drafts that could change an answer are refused. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { BatchDecoder } from '../../app/generate/batch/batch-decoder.ts';
import { Decoder } from '../../app/generate/decoder.ts';
import { rowsAgree } from '../../app/generate/row-agreement.ts';
import { STARTER } from '../../app/models/library.ts';
import { openModel } from '../../app/models/model.ts';
import { openStored } from '../../app/models/stored.ts';
import { quantize } from '../../app/techniques/quantize/quantize.ts';
import { quantizeSchema } from '../../app/techniques/quantize/schema.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-rows-'));
afterAll(() => rm(work, { recursive: true }));

it.each([32, 64, 128])('in groups of %i', async (groupSize) => {
  const out = join(work, String(groupSize));
  await quantize(await openModel(STARTER), out, quantizeSchema.parse({ groupSize, accuracyLevel: 4 }), { threads: 1 });
  const model = await openStored(out);
  const agree = await rowsAgree(model);
  const settings = { threads: 1, maxLength: 64 };
  const batch = await BatchDecoder.open(model, { ...settings, lanes: 4 });
  const ids = [7, 900, 33, 2048];
  const alone: number[] = [];
  for (const [lane, id] of ids.entries()) {
    await batch.read(lane, 0, [5, 6 + lane], false);
    alone.push(...(await batch.read(lane, 2, [id], true))!);
  }
  const together = Array.from(await batch.step(ids, [2, 2, 2, 2]));
  // Products that agree give the same bits; those that do not are seen by the end of eight layers.
  expect(together.every((value, i) => value === alone[i])).toBe(agree);
  batch.dispose();
  const decoder = await Decoder.open(model, settings);
  expect(await decoder.checksExactly()).toBe(agree);
  const checked = decoder.extendAsSteps([1, 2, 3]);
  if (agree) expect((await checked).shape[0]).toBe(3);
  else await expect(checked).rejects.toMatchObject({ code: 'arguments/incompatible' });
  decoder.dispose();
});
