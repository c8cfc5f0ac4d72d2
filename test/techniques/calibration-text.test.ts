/** Calibration text: cut the same way every time, apart from what is measured, and honest about being scarce. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { STARTER } from '../../app/models/library.ts';
import { openModel } from '../../app/models/model.ts';
import { readFloats } from '../../app/models/weights/constants.ts';
import { writeModelFolder } from '../../app/models/write-folder.ts';
import { calibrationText } from '../../app/techniques/quantize/calibration-text.ts';
import { quantize } from '../../app/techniques/quantize/quantize.ts';
import { quantizeSchema } from '../../app/techniques/quantize/schema.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-calibration-'));
afterAll(() => rm(work, { recursive: true }));
const request = { tokens: 1024, longest: 512, reserved: { tokens: 100, rows: 2 } };

async function textFile(name: string, words: number): Promise<string> {
  const file = join(work, name);
  await writeFile(file, Array.from({ length: words }, (_, i) => `whale ${i}`).join(' '));
  return file;
}

it('takes the sample where nothing is given, and the same windows again', async () => {
  const first = await calibrationText(STARTER, request);
  expect(first.windows.map((ids) => ids.length)).toEqual([256, 256, 256, 256]);
  expect(first.notes.join()).toContain('sample');
  expect((await calibrationText(STARTER, request)).windows).toEqual(first.windows);
});

it('leaves out what the quality is measured on, where enough remains', async () => {
  const file = await textFile('long.txt', 600);
  const [all] = (await calibrationText(STARTER, { ...request, file, reserved: { tokens: 0, rows: 0 } })).windows;
  const { windows, notes } = await calibrationText(STARTER, { ...request, file });
  expect([...windows[0].subarray(0, 100)]).toEqual([...all.subarray(100, 200)]);
  expect(notes.join()).not.toContain('measured on');
  const scarce = await calibrationText(STARTER, { ...request, file, reserved: { tokens: 1e6, rows: 2 } });
  expect(scarce.notes.join()).toContain('measured on');
});

it('says when the text is shorter than a window', async () => {
  const file = await textFile('short.txt', 12);
  const { windows, notes } = await calibrationText(STARTER, { ...request, file, reserved: { tokens: 0, rows: 0 } });
  expect(windows).toHaveLength(1);
  expect(notes.join()).toContain(`only ${windows[0].length} tokens`);
});

it('refuses weights that are no numbers, whatever the method', async () => {
  const model = await openModel(join(import.meta.dirname, '../fixtures/models/llama'));
  const broken = join(work, 'broken');
  const name = 'model.layers.1.mlp.down_proj.weight';
  const replaced = new Map([
    [
      name,
      async () => {
        const values = await readFloats(model.weights.get(name)!);
        values[5] = Number.NaN;
        return values;
      },
    ],
  ]);
  await writeModelFolder(broken, model, { replaced, step: { technique: 'test', options: {}, date: '', versions: {} } });
  const calibration = [Int32Array.of(1, 2, 3, 4)];
  for (const method of ['rtn', 'hqq', 'gptq', 'awq', 'dynamic'] as const) {
    const run = quantize(await openModel(broken), join(work, method), quantizeSchema.parse({ method }), {
      calibration,
    });
    await expect(run).rejects.toMatchObject({ code: 'weights/not-finite', message: expect.stringContaining(name) });
  }
});
