/** Vectors of texts are made of the hidden states that PyTorch gives. */
import { expect, it } from 'vitest';
import { Embedder, type Pooling } from '../../app/generate/embedder.ts';
import { openStored } from '../../app/models/stored.ts';
import { ARCHITECTURE_CASES, readReference } from '../fixtures/architecture-cases.ts';

/** The reference of bert is of pairs of texts, which have two types of tokens. */
const bare = ARCHITECTURE_CASES.filter(
  ({ name, kind, outputs }) => kind === 'encoder' && outputs.last_hidden_state && name !== 'bert',
);

it.each(bare)('$name', async ({ folder, outputs, tolerance }) => {
  const reference = await readReference(folder);
  const [, length, width] = outputs.last_hidden_state;
  const mask = Array.from(reference.attention_mask.data as Int32Array, Number).slice(0, length);
  const count = mask.filter((one) => one === 1).length;
  // Only a text without padding is one that the embedder would be given.
  const ids = Array.from(reference.input_ids.data as Int32Array, Number).slice(0, count);
  expect(mask.slice(0, count).every((one) => one === 1)).toBe(true);
  const row = (i: number) =>
    Array.from((reference.last_hidden_state.data as Float32Array).subarray(i * width, (i + 1) * width));
  const rows = ids.map((_, i) => row(i));
  const expected: Record<Pooling, readonly number[]> = {
    mean: rows[0].map((_, k) => rows.reduce((sum, one) => sum + one[k] / count, 0)),
    first: rows[0],
    last: rows[count - 1],
  };
  const model = await openStored(folder);
  for (const pooling of ['mean', 'first', 'last'] as const) {
    const embedder = new Embedder(model, { threads: 1, pooling });
    const vector = await embedder.embed(ids);
    const norm = Math.hypot(...expected[pooling]);
    for (const [k, value] of vector.entries()) {
      expect(Math.abs(value - expected[pooling][k] / norm)).toBeLessThan(tolerance / norm);
    }
    embedder.dispose();
  }
});
