/** Importance matrices: measured, written as llama.cpp does, read in both of its forms, and used by the GGUF export. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openModel } from '../../app/models/model.ts';
import { readImportance, writeImportance } from '../../app/models/weights/gguf/imatrix.ts';
import { openGguf } from '../../app/models/weights/index.ts';
import { importanceOf } from '../../app/techniques/quantize/importance.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-imatrix-'));
afterAll(() => rm(work, { recursive: true }));

it('measures every linear layer, and survives being written', async () => {
  const model = await openModel(join(import.meta.dirname, '../fixtures/models/llama'));
  const windows = [0, 1].map((n) => Int32Array.from({ length: 16 }, (_, i) => (i * 7 + n) % 60));
  const importance = await importanceOf(model, windows, { threads: 1, dataset: 'text' });
  expect(importance.columns.size).toBe(7 * model.config.layers);
  const path = join(work, 'new.gguf');
  await writeImportance(path, importance);
  const back = await readImportance(path);
  expect({ ...back, columns: undefined }).toEqual({ tokens: 32, chunk: 16, dataset: 'text', columns: undefined });
  for (const [name, means] of importance.columns) {
    back.columns.get(name)!.forEach((v, i) => {
      expect(v).toBeCloseTo(means[i], 5);
    });
  }
  // What llama.cpp looks for.
  const source = await openGguf(path);
  expect(source.gguf.get('imatrix.chunk_count')?.value).toBe(2);
  expect((await source.readFloat32('blk.0.attn_q.weight.counts'))[0]).toBe(32);
  await source.close();
});

it('reads the older form', async () => {
  const name = Buffer.from('blk.0.attn_q.weight');
  const values = Buffer.from(Float32Array.of(4, 8, 12).buffer);
  const int = (n: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(n);
    return bytes;
  };
  const text = Buffer.from('wiki.txt');
  const path = join(work, 'old.dat');
  const parts = [int(1), int(name.length), name, int(4), int(3), values, int(4), int(text.length), text];
  await writeFile(path, Buffer.concat(parts));
  const { columns, dataset } = await readImportance(path);
  expect([...columns.get('blk.0.attn_q.weight')!]).toEqual([1, 2, 3]);
  expect(dataset).toBe('wiki.txt');
  await writeFile(path, Buffer.concat(parts).subarray(0, 30));
  await expect(readImportance(path)).rejects.toMatchObject({ code: 'weights/corrupt' });
});
