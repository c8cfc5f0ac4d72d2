/** Text within the kept tokens encodes to the same tokens and scores the same; all other text still comes back whole. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openModel } from '../../app/models/model.ts';
import { scoreSequences } from '../../app/models/score.ts';
import { loadTokenizer, Tokenizer } from '../../app/models/tokenizer.ts';
import type { Configuration } from '../../app/models/tokenizers/configuration.ts';
import { prune } from '../../app/techniques/prune/prune.ts';
import { pruneSchema } from '../../app/techniques/prune/schema.ts';
import { cutTokenizer } from '../../app/techniques/prune/tokenizer-cut.ts';
import { chooseTokens, readPieces } from '../../app/techniques/prune/vocabulary.ts';
import { int64 } from '../../app/tensor/tensor.ts';
import { makeTinyModel } from '../models/tiny-model.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-prune-vocabulary-'));
afterAll(() => rm(work, { recursive: true }));
const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => readFile(join(ROOT, path), 'utf8');

const DOMAIN = await read('resources/data/moby-dick-test.txt');
const STRANGE =
  'Zwölf Boxkämpfer — 漢字、Ελληνικά, 🐳🐋, \u0007 and antidisestablishmentarianism; x₁²→∞\n\tif (a<=b){}';

describe.each(['smollm2', 'qwen-like', 'llama-like', 'unigram'])('a tokenizer like %s', async (name) => {
  const json = JSON.parse(await read(`test/fixtures/tokenizers/${name}/tokenizer.json`)) as Configuration;
  const whole = new Tokenizer(json, 'whole');
  const text = DOMAIN.slice(0, 6000);
  const ids = whole.encode(text, { special: true });
  const pieces = readPieces(json.model as Configuration);
  const named = ((json.added_tokens ?? []) as { id: number }[]).map(({ id }) => id);
  const { kept } = chooseTokens(pieces, { used: new Set(ids), named, frequent: 20 });
  const places = new Map(kept.map((id, place) => [id, place]));
  const small = new Tokenizer(cutTokenizer(json, places), 'small');

  it('encodes the data to the same tokens under new ids', () => {
    expect(kept.length).toBeLessThan(whole.vocabularySize);
    expect(small.vocabularySize).toBe(kept.length);
    expect(small.encode(text, { special: true })).toEqual(ids.map((id) => places.get(id)));
    expect(small.decode(small.encode(text))).toBe(whole.decode(whole.encode(text)));
  });

  it('encodes any text within the kept tokens the same, and any other so that it comes back', () => {
    let same = 0;
    for (const line of [...DOMAIN.slice(6000).split('\n'), STRANGE]) {
      const before = whole.encode(line);
      const after = small.encode(line);
      if (before.every((id) => places.has(id))) {
        expect(after).toEqual(before.map((id) => places.get(id)));
        same += 1;
      }
      if (name !== 'unigram') expect(small.decode(after)).toBe(whole.decode(before));
    }
    expect(same).toBeGreaterThan(0);
  });
});

describe.each(['llama', 'untied', 'gpt2'] as const)('%s without the tokens that the data never use', (name) => {
  it('scores the kept tokens exactly as before', async () => {
    const folder = await makeTinyModel(work, name);
    const model = await openModel(folder);
    const tokenizer = await loadTokenizer(folder);
    const text = "To begin my life with the beginning of my life, I record that I was born on a Friday, at 12 o'clock.";
    const ids = tokenizer.encode(text);
    const options = pruneSchema.parse({ method: 'vocabulary', frequent: 0 });
    const out = join(work, `${name}-small`);
    const result = await prune(model, out, options, { calibration: async () => [ids], threads: 1 });
    const small = await openModel(out);
    const fresh = (await loadTokenizer(out)).encode(text);
    const rows = small.config.vocabulary;
    expect(result.removed).toMatchObject({ tokens: 320 - rows, of: 320 });
    expect(rows).toBeLessThan(320);
    expect(small.parameters).toBe(result.parametersAfter);

    const logitsOf = async (m: typeof model, tokens: number[]) =>
      (await scoreSequences(m, int64([1, tokens.length], tokens), undefined, { threads: 1 })).data as Float32Array;
    const before = await logitsOf(model, ids);
    const after = await logitsOf(small, fresh);
    // Where each new token was: asked of the tokenizers themselves.
    const smallTokenizer = await loadTokenizer(out);
    const old = Array.from({ length: rows }, (_, id) => tokenizer.tokenToId(smallTokenizer.idToToken(id)!)!);
    expect(fresh.map((id) => old[id])).toEqual(ids);
    let most = 0;
    for (let t = 0; t < ids.length; t++) {
      for (let id = 0; id < rows; id++) {
        most = Math.max(most, Math.abs(after[t * rows + id] - before[t * 320 + old[id]]));
      }
    }
    expect(most).toBeLessThan(1e-5);
    expect(smallTokenizer.eosId).toBe(smallTokenizer.tokenToId('<|im_end|>'));
    expect(small.configJson.eos_token_id).toBe(smallTokenizer.eosId);
  });

  it('removes no more than was asked for, and refuses more than can go', async () => {
    const folder = await makeTinyModel(join(work, 'asked'), name);
    const model = await openModel(folder);
    const context = { calibration: async () => [[1, 2, 3]], threads: 1 };
    const options = (amount: number) => pruneSchema.parse({ method: 'vocabulary', frequent: 0, amount });
    const result = await prune(model, join(work, `${name}-asked`), options(10), context);
    expect(result.removed.tokens).toBeLessThanOrEqual(10);
    expect(Number(result.removed.tokens)).toBeGreaterThan(0);
    await expect(prune(model, join(work, `${name}-none`), options(0.99), context)).rejects.toMatchObject({
      code: 'prune/too-much',
    });
  });
});
