/** Students made of their teacher: which layers they keep, which sizes they get, and that they are ordinary models. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openModel } from '../../app/models/model.ts';
import { scoreSequences } from '../../app/models/score.ts';
import { readFloats } from '../../app/models/weights/constants.ts';
import { readLayerMap } from '../../app/techniques/distill/layer-map.ts';
import { openStudent, withSizes } from '../../app/techniques/distill/student.ts';
import { layersKept, readStudentSpec } from '../../app/techniques/distill/student-spec.ts';
import { int64 } from '../../app/tensor/tensor.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures');
const work = await mkdtemp(join(tmpdir(), 'lathe-students-'));
afterAll(() => rm(work, { recursive: true }));
const noModel = () => Promise.reject(new Error('no model was asked for'));
const ids = int64([1, 6], [1, 5, 9, 20, 3, 7]);

it('spreads the kept layers evenly, or takes every n-th', () => {
  expect(layersKept({ kind: 'layers', count: 6 }, 12)).toEqual([0, 2, 4, 7, 9, 11]);
  expect(layersKept({ kind: 'layers', count: 1 }, 4)).toEqual([0]);
  expect(layersKept({ kind: 'every', step: 2 }, 5)).toEqual([0, 2, 4]);
  expect(() => layersKept({ kind: 'layers', count: 5 }, 4)).toThrow('the teacher has 4 layers, not 5');
});

it('reads specifications, and leaves names of models alone', () => {
  expect(readStudentSpec('layers:4')).toEqual({ kind: 'layers', count: 4 });
  expect(readStudentSpec('fresh:layers=2,width=32')).toEqual({ kind: 'fresh', sizes: { layers: 2, width: 32 } });
  expect(readStudentSpec('smollm2-135m')).toBeUndefined();
  for (const wrong of ['layers:x', 'every:0', 'fresh:depth=3']) {
    expect(() => readStudentSpec(wrong)).toThrow(expect.objectContaining({ code: 'arguments/invalid' }));
  }
});

it.each(['llama', 'gpt2', 'smollm3', 'gemma2', 'bert', 'modernbert'])(
  'keeps layers of %s as they are',
  async (family) => {
    const teacher = await openModel(join(FIXTURES, 'models', family));
    const { layers } = teacher.config;
    const { model, remove } = await openStudent('layers:2', teacher, join(work, family), 0, noModel);
    expect(model.config.layers).toBe(2);
    const of = (layer: number) => new RegExp(`(?:layers?|h)\\.${layer}\\.`);
    for (const [layer, source] of [
      [0, 0],
      [1, layers - 1],
    ]) {
      for (const [name, constant] of model.weights) {
        if (!of(layer).test(name)) continue;
        const own = teacher.weights.get(name.replace(of(layer), (part) => part.replace(String(layer), String(source))));
        // ModernBERT’s first layer alone has no norm before its attention.
        if (own) expect(await readFloats(constant), name).toEqual(await readFloats(own));
      }
    }
    await remove();
    await expect(stat(model.folder)).rejects.toThrow();
  },
);

it('makes fresh students of other sizes, the same for the same seed', async () => {
  const teacher = await openModel(join(FIXTURES, 'models/llama'));
  const spec = 'fresh:layers=1,width=32,heads=2,groups=1,inner=48';
  const logits = async (name: string, seed: number) => {
    const { model } = await openStudent(spec, teacher, join(work, name), seed, noModel);
    expect(model.config).toMatchObject({ layers: 1, width: 32, heads: 2, keyValueHeads: 1, headDim: 16 });
    return (await scoreSequences(model, ids, undefined, { threads: 1 })).data;
  };
  const [a, b, c] = [await logits('a', 1), await logits('b', 1), await logits('c', 2)];
  expect(a).toEqual(b);
  expect(a).not.toEqual(c);
  expect((a as Float32Array).every(Number.isFinite)).toBe(true);
});

it('takes shares of the teacher’s sizes, and keeps the width of a head', async () => {
  const { configJson } = await openModel(join(FIXTURES, 'models/llama'));
  expect(layersKept({ kind: 'layers', count: 0.5 }, 8)).toEqual([0, 2, 5, 7]);
  expect(withSizes(configJson, { layers: 0.5, width: 0.5 })).toMatchObject({
    num_hidden_layers: 2,
    hidden_size: 32,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    intermediate_size: 64,
    head_dim: 16,
  });
});

it('refuses sizes that do not go together', async () => {
  const { configJson } = await openModel(join(FIXTURES, 'models/llama'));
  expect(() => withSizes(configJson, { width: 30 })).toThrow('4 heads do not divide a width of 30');
  expect(() => withSizes(configJson, { heads: 4, groups: 3, width: 32 })).toThrow(
    '4 heads do not divide into 3 groups',
  );
});

it('maps its layers onto the teacher’s evenly, to the last alone, or as it is told', () => {
  expect(readLayerMap('even', 3, 12)).toEqual([1, 2, 3].map((student) => ({ student, teacher: 4 * student })));
  expect(readLayerMap('last', 3, 12)).toEqual([{ student: 3, teacher: 12 }]);
  expect(readLayerMap('1=2, 3=12', 3, 12)).toEqual([
    { student: 1, teacher: 2 },
    { student: 3, teacher: 12 },
  ]);
  for (const wrong of ['odd', '1=13', '4=2', '0=1', '1:2']) {
    expect(() => readLayerMap(wrong, 3, 12)).toThrow(expect.objectContaining({ code: 'arguments/invalid' }));
  }
});
