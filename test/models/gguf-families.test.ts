/** GGUF files of every family, as llama.cpp's converter writes them, give PyTorch's logits once imported. */

import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { importModel } from '../../app/models/import/index.ts';
import { openModel } from '../../app/models/model.ts';
import { runModel } from '../../app/models/score.ts';
import { ARCHITECTURE_CASES, readReference } from '../fixtures/architecture-cases.ts';

const FILES = join(import.meta.dirname, '../fixtures/gguf-families');
const work = await mkdtemp(join(tmpdir(), 'lathe-families-'));
afterAll(() => rm(work, { recursive: true }));

const names = readdirSync(FILES).flatMap((file) => (file.endsWith('.gguf') ? [file.slice(0, -5)] : []));

it.each(names)('%s', async (name) => {
  const { folder, tolerance } = ARCHITECTURE_CASES.find((known) => known.name === name)!;
  await importModel(join(FILES, `${name}.gguf`), join(work, name));
  const { input_ids, logits } = await readReference(folder);
  const actual = (await runModel(await openModel(join(work, name)), { input_ids }, { threads: 1 })).logits;
  const expected = logits.data as Float32Array;
  const worst = (actual.data as Float32Array).reduce((most, v, i) => Math.max(most, Math.abs(v - expected[i])), 0);
  expect(worst).toBeLessThan(tolerance / 10);
});
