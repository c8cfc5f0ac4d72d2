/** Every family's GGUF holds what llama.cpp's own converter writes of the same model: the same tensors, the same hyperparameters. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { exportModel } from '../../app/export/index.ts';
import { type GgufSource, openGguf } from '../../app/models/weights/index.ts';
import { ARCHITECTURE_CASES } from '../fixtures/architecture-cases.ts';
import { copyWithTokenizer } from '../models/byte-tokenizer.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-gguf-families-'));
afterAll(() => rm(work, { recursive: true }));

const withTokenizer = (name: string, change?: Record<string, unknown>): Promise<string> =>
  copyWithTokenizer(
    ARCHITECTURE_CASES.find((known) => known.name === name)!.folder,
    join(work, `source-${name}`),
    change,
  );

async function exported(source: string, out: string): Promise<GgufSource> {
  const options = { threads: 1, prompts: [[1, 2, 3, 4]] };
  const { files, checks } = await exportModel(source, 'gguf-f16', join(work, out), options);
  expect(checks.filter(({ passed }) => !passed)).toEqual([]);
  return openGguf(join(work, out, files.find(({ path }) => path.endsWith('.gguf'))!.path));
}

const plain = (value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value);

describe.each(['gemma', 'gpt_neox', 'granite', 'olmo2', 'phi3-longrope', 'qwen3', 'stablelm-parallel'])(
  '%s',
  (name) => {
    it('is what the converter of llama.cpp makes of it', async () => {
      // The converter's file of this one has no windows: what it left out is checked by refusing them, below.
      const ours = await exported(await withTokenizer(name, { sliding_window: null }), name);
      const theirs = await openGguf(join(import.meta.dirname, '../fixtures/gguf-families', `${name}.gguf`));
      try {
        expect(new Set(ours.tensors.keys())).toEqual(new Set(theirs.tensors.keys()));
        for (const [tensor, { shape }] of theirs.tensors) {
          expect(ours.tensors.get(tensor)!.shape).toEqual(shape);
          const [a, b] = [await ours.readFloat32(tensor), await theirs.readFloat32(tensor)];
          const worst = a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
          expect(worst).toBeLessThan(2e-3);
        }
        const architecture = String(theirs.gguf.get('general.architecture')!.value);
        for (const [key, { value }] of theirs.gguf) {
          if (!key.startsWith(`${architecture}.`)) continue;
          const said = plain(ours.gguf.get(key)?.value);
          if (typeof value === 'number') expect(said, key).toBeCloseTo(value, 6);
          else expect(said, key).toEqual(plain(value));
        }
      } finally {
        await ours.close();
        await theirs.close();
      }
    });
  },
);

it.each([
  ['mistral', {}],
  ['phi3', { sliding_window: 6 }],
  ['qwen3-window', {}],
  ['smollm3', { no_rope_layer_interval: 2, no_rope_layers: null }],
  ['gemma2', { query_pre_attn_scalar: 7 }],
])('%s with %j is refused: llama.cpp would compute something else', async (name, change) => {
  const options = { threads: 1, prompts: [[1, 2, 3, 4]] };
  const refused = exportModel(await withTokenizer(name, change), 'gguf-f16', join(work, `no-${name}`), options);
  await expect(refused).rejects.toMatchObject({ code: 'arguments/incompatible' });
});

it('Llama 3 rotary factors come back as the scaling they were made from', async () => {
  const ours = await exported(await withTokenizer('llama3-rope'), 'llama3');
  expect([...ours.tensors.keys()]).toContain('rope_freqs.weight');
  await ours.close();
});
