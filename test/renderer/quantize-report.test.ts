/** Bits and losses by layer on the page of a result come from the plan that the command tells. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openModel } from '../../app/models/model.ts';
import { modelSize } from '../../app/models/size.ts';
import { quantize } from '../../app/techniques/quantize/quantize.ts';
import { quantizeSchema } from '../../app/techniques/quantize/schema.ts';
import { lossTotals, quantizedLayers } from '../../renderer/pages/jobs/result/quantize-report.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-bits-'));
afterAll(() => rm(work, { recursive: true }));

it('has a row for each layer, in the order of the model', () => {
  const layers = quantizedLayers({
    parts: [
      { modules: ['model.layers.10.mlp.up_proj'], bits: 3, bytes: 300, loss: 0.25, sensitivity: 0.125 },
      { modules: ['model.layers.2.self_attn.q_proj'], bits: 8, bytes: 80, loss: 0, sensitivity: 1 },
      { modules: ['model.layers.2.mlp.down_proj'], bits: 4, bytes: 120, loss: 0.5, sensitivity: 0.5 },
      { modules: ['model.embed_tokens'], bits: 6, bytes: 60, loss: 1, sensitivity: 2 },
    ],
  });
  expect(layers).toEqual([
    { name: 'embed', bits: 6, widths: [6], bytes: 60, loss: 1, probe: 2 },
    { name: '2', bits: 5, widths: [8, 4], bytes: 200, loss: 0.5, probe: 1.5 },
    { name: '10', bits: 3, widths: [3], bytes: 300, loss: 0.25, probe: 0.125 },
  ]);
  expect(lossTotals(layers!)).toEqual({ loss: 1.75, probe: 3.625 });
});

it('has bits alone where nothing was measured', () => {
  const layers = quantizedLayers({ parts: [{ modules: ['h.0.mlp.c_fc'], bits: 4, groupSize: 32, bytes: 10 }] });
  expect(layers).toEqual([{ name: '0', bits: 4, widths: [4], bytes: 10, loss: undefined, probe: undefined }]);
  expect(lossTotals(layers!)).toBeUndefined();
});

it('says nothing where all layers were treated alike', () => {
  for (const result of [undefined, 'text', {}, { parts: [] }, { parts: [{ modules: [], bits: 4, bytes: 1 }] }])
    expect(quantizedLayers(result)).toBeUndefined();
});

it('reads what the command says of bits that people chose', async () => {
  const model = await openModel(join(import.meta.dirname, '../fixtures/models/llama'));
  const options = quantizeSchema.parse({ bits: 4, groupSize: 16, accuracyLevel: 1, layerBits: '1=8' });
  const result = await quantize(model, join(work, 'chosen'), options, { threads: 1 });
  // As it goes through the job's record.
  const layers = quantizedLayers(JSON.parse(JSON.stringify(result)))!;
  const numbered = layers.filter(({ name }) => /\d/.test(name));
  expect(numbered.map(({ bits }) => bits)).toEqual(
    Array.from({ length: model.config.layers }, (_, layer) => (layer === 1 ? 8 : 4)),
  );
  expect(layers[0].name).toBe('embed');
  expect(layers.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(await modelSize(result.model));
});
