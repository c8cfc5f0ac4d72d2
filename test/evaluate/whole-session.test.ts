/** An encoder kept open says what the model does over weights that are fed in, in float32 and from float16. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openWholeSession } from '../../app/evaluate/whole-session.ts';
import { type Model, openModel } from '../../app/models/model.ts';
import { runModel } from '../../app/models/score.ts';
import { readFloats } from '../../app/models/weights/constants.ts';
import type { Constant } from '../../app/tensor/graph.ts';
import { fromFloat16, toFloat16 } from '../../app/tensor/half.ts';
import { float32, int64, tensor } from '../../app/tensor/tensor.ts';

const IDS = [2, 17, 5, 40, 3];

async function apart(model: Model, fed: Model = model): Promise<number> {
  const shape = [1, IDS.length];
  const inputs = { input_ids: int64(shape, IDS), attention_mask: int64(shape, [1, 1, 1, 1, 1]) };
  const expected = (await runModel(fed, inputs, { threads: 1 })).logits.data as Float32Array;
  const session = await openWholeSession(model, 16, 1);
  try {
    const found = await session.run(IDS, 'logits');
    expect(found).toHaveLength(expected.length);
    return Math.max(...found.map((v, i) => Math.abs(v - expected[i])));
  } finally {
    session.dispose();
  }
}

it('gives the logits of the model, whose weights may be stored in half the bytes', async () => {
  const model = await openModel(join(import.meta.dirname, '../fixtures/models/bert-classification'));
  expect(await apart(model)).toBeLessThan(1e-5);
  const halves = new Map<string, Constant>();
  const rounded = new Map<string, Constant>();
  for (const [name, constant] of model.weights) {
    const bits = Uint16Array.from(await readFloats(constant), toFloat16);
    halves.set(name, tensor('float16', constant.shape, bits));
    rounded.set(name, float32(constant.shape, Float32Array.from(bits, fromFloat16)));
  }
  expect(await apart({ ...model, weights: halves as never }, { ...model, weights: rounded as never })).toBeLessThan(
    1e-5,
  );
});
