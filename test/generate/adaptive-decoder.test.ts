/** Catching up lazily changes nothing: steps through all layers give the whole model's logits, whatever was skipped before. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AdaptiveDecoder, type Exits } from '../../app/generate/adaptive-decoder.ts';
import { argmax } from '../../app/generate/argmax.ts';
import { Decoder } from '../../app/generate/decoder.ts';
import { openStored, type StoredModel } from '../../app/models/stored.ts';
import { readFloats } from '../../app/models/weights/constants.ts';
import { Random } from '../../app/tensor/random.ts';
import { makeTinyModel } from '../models/tiny-model.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-adaptive-decoder-'));
afterAll(() => rm(work, { recursive: true, force: true }));

const LENGTH = 64;
const NEVER = { exit: 1, shortlist: 1 };
const ALWAYS = { exit: -1, shortlist: 1 };

/** An exit that knows nothing, and a list of every third token. */
async function makeExits(model: StoredModel): Promise<Exits> {
  const { width, vocabulary } = model.config;
  const random = new Random([5]);
  const head = await readFloats(model.weights.get(`${model.architecture.head(model.config).name}.weight`)!);
  const tokens = Array.from({ length: Math.floor(vocabulary / 3) }, (_, i) => 3 * i);
  const weight = new Float32Array(tokens.length * width);
  tokens.forEach((token, i) => {
    weight.set(head.subarray(token * width, (token + 1) * width), i * width);
  });
  const map = Float32Array.from({ length: width * width }, () => 0.2 * (random.fraction() - 0.5));
  return { layer: 1, map: { weight: map, bias: new Float32Array(width) }, tokens, weight };
}

let model: StoredModel;
let exits: Exits;
beforeAll(async () => {
  model = await openStored(await makeTinyModel(work, 'llama'));
  exits = await makeExits(model);
}, 60_000);

it('gives the logits of a slow reference at every deep step', async () => {
  const plain = await Decoder.open(model, { threads: 1, maxLength: LENGTH });
  const adaptive = await AdaptiveDecoder.open(model, exits, { threads: 1, maxLength: LENGTH });
  const random = new Random([9]);
  const ids = Array.from({ length: 40 }, () => Math.floor(random.fraction() * model.config.vocabulary));
  await plain.extend(ids.slice(0, 7));
  await adaptive.extend(ids.slice(0, 7), NEVER);
  let pending = 0;
  for (const id of ids.slice(7)) {
    const { data } = await plain.extend([id]);
    if (random.fraction() < 0.6) {
      const { kind, layers } = await adaptive.extend([id], ALWAYS);
      expect([kind, layers]).toEqual(['exit', 1]);
      pending += 1;
      continue;
    }
    const deep = await adaptive.logits([id]);
    for (const [i, z] of (data as Float32Array).entries())
      expect(Math.abs(z - Number(deep.data[i]))).toBeLessThan(1e-4);
    pending = 0;
  }
  const { caughtUp } = await adaptive.extend([ids[0]], NEVER);
  expect(caughtUp).toBe(pending);
  plain.dispose();
  adaptive.dispose();
});

it('answers as the whole model where nothing is taken early, and from the list where that is allowed', async () => {
  const plain = await Decoder.open(model, { threads: 1, maxLength: LENGTH });
  const adaptive = await AdaptiveDecoder.open(model, exits, { threads: 1, maxLength: LENGTH });
  const prompt = [5, 17, 200, 31];
  let expected = argmax((await plain.extend(prompt)).data as Float32Array);
  let found = await adaptive.extend(prompt, NEVER);
  for (let i = 0; i < 20; i++) {
    expect(found).toMatchObject({ token: expected, kind: 'full', layers: 2 });
    expected = argmax((await plain.extend([expected])).data as Float32Array);
    found = await adaptive.extend([found.token], NEVER);
  }
  adaptive.reset();
  await adaptive.extend(prompt, NEVER);
  const listed = await adaptive.extend([8], { exit: 1, shortlist: -1 });
  expect(listed.kind).toBe('shortlist');
  expect(listed.token % 3).toBe(0);
  plain.rewind(0);
  const { data } = await plain.extend([...prompt, 8]);
  const best = [...(exits.tokens as number[])].reduce((a, b) => (Number(data[b]) > Number(data[a]) ? b : a));
  expect(listed.token).toBe(best);
  await expect(adaptive.extend(new Array(LENGTH).fill(1), NEVER)).rejects.toMatchObject({ code: 'arguments/invalid' });
  plain.dispose();
  adaptive.dispose();
});
