import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { UserError } from '../../app/contract/errors.ts';
import { loadTokenizer } from '../../app/models/tokenizer.ts';

const fixtures = join(import.meta.dirname, '../fixtures/tokenizers');
const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function folderWith(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lathe-tokenizer-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

interface ReferenceCase {
  readonly text: string;
  readonly ids: number[];
  readonly ids_with_special: number[];
  readonly tokens: string[];
  readonly decoded: string;
  readonly decoded_skip_special: string;
}

interface RandomCase {
  readonly text: string;
  readonly ids: number[];
  readonly idsWithSpecial: number[];
  readonly decoded: string;
  readonly decodedSkipSpecial: string;
  readonly second: string;
  readonly pairIds: number[];
  readonly pairTypeIds: number[];
}

describe.each(['smollm2', 'minilm'])('the reference cases of %s', async (name) => {
  const tokenizer = await loadTokenizer(join(fixtures, name));
  const { cases, pairs = [] } = JSON.parse(await readFile(join(fixtures, name, 'cases.json'), 'utf8')) as {
    cases: ReferenceCase[];
    pairs?: { a: string; b: string; ids: number[]; type_ids: number[] }[];
  };

  it.each(cases.map((c) => [c.text, c] as const))('encodes and decodes %j', (text, expected) => {
    expect(tokenizer.encode(text)).toEqual(expected.ids);
    expect(tokenizer.encode(text, { special: true })).toEqual(expected.ids_with_special);
    expect(expected.ids.map((id) => tokenizer.idToToken(id))).toEqual(expected.tokens);
    expect(tokenizer.decode(expected.ids)).toBe(expected.decoded);
    expect(tokenizer.decode(expected.ids_with_special, { skipSpecial: true })).toBe(expected.decoded_skip_special);
  });

  it('encodes pairs', () => {
    for (const { a, b, ids, type_ids } of pairs) expect(tokenizer.encodePair(a, b)).toEqual({ ids, typeIds: type_ids });
  });
});

describe.each(['smollm2', 'minilm', 'llama-like', 'qwen-like', 'unigram', 'clip-like', 'roberta-like'])(
  'random text with %s',
  async (name) => {
    const tokenizer = await loadTokenizer(join(fixtures, name));
    const cases = JSON.parse(await readFile(join(fixtures, name, 'random-cases.json'), 'utf8')) as RandomCase[];

    it('matches the Python library', () => {
      for (const c of cases) {
        expect({
          text: c.text,
          ids: tokenizer.encode(c.text),
          idsWithSpecial: tokenizer.encode(c.text, { special: true }),
          decoded: tokenizer.decode(c.ids),
          decodedSkipSpecial: tokenizer.decode(c.idsWithSpecial, { skipSpecial: true }),
          second: c.second,
          pairIds: tokenizer.encodePair(c.text, c.second).ids,
          pairTypeIds: tokenizer.encodePair(c.text, c.second).typeIds,
        }).toEqual(c);
      }
    });

    it('takes any string and gives ids of the vocabulary', () => {
      fc.assert(
        fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
          for (const id of tokenizer.encode(text)) expect(tokenizer.idToToken(id)).toBeDefined();
        }),
        { numRuns: 200 },
      );
    });
  },
);

describe('byte-level tokens', async () => {
  const tokenizer = await loadTokenizer(join(fixtures, 'smollm2'));

  // Not every code point: SmolLM2's vocabulary has no token for bytes that only unassigned planes need.
  it('give the text back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      }),
    );
  });

  it('stay linear on a long word without a break', () => {
    const ids = tokenizer.encode('ab'.repeat(100_000));
    expect(tokenizer.decode(ids)).toBe('ab'.repeat(100_000));
  });

  it('take lone surrogates as the replacement character', () => {
    expect(tokenizer.decode(tokenizer.encode('a\ud800b'))).toBe('a\ufffdb');
  });
});

describe('the files around tokenizer.json', () => {
  it('name the special tokens, as texts or objects', async () => {
    const json = await readFile(join(fixtures, 'smollm2/tokenizer.json'), 'utf8');
    const folder = await folderWith({
      'tokenizer.json': json,
      'tokenizer_config.json': JSON.stringify({ bos_token: { content: '<|im_start|>' }, eos_token: '<|im_end|>' }),
      'config.json': JSON.stringify({ pad_token_id: 0, eos_token_id: 7 }),
      'generation_config.json': JSON.stringify({ eos_token_id: [2, 0] }),
    });
    const tokenizer = await loadTokenizer(folder);
    expect([tokenizer.bosId, tokenizer.eosId, tokenizer.padId]).toEqual([1, 2, 0]);
    expect(tokenizer.stopIds).toEqual([2, 0]);
    expect(tokenizer.vocabularySize).toBe(49152);
    expect(tokenizer.tokenToId('<|im_end|>')).toBe(2);
    expect(tokenizer.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('are refused with a code when they are missing or broken', async () => {
    await expect(loadTokenizer(await folderWith({}))).rejects.toMatchObject({ code: 'tokenizer/missing' });
    const broken = [
      '',
      '{',
      '[]',
      '{}',
      '{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}}',
      '{"model":{"type":"X"}}',
    ];
    for (const text of [...broken, '{"model":{"type":"WordLevel","vocab":{"a":-1}}}'])
      await expect(loadTokenizer(await folderWith({ 'tokenizer.json': text }))).rejects.toMatchObject({
        code: 'tokenizer/invalid',
      });
  });

  it('give only user errors when mutated', async () => {
    const bytes = await readFile(join(fixtures, 'unigram/tokenizer.json'));
    await fc.assert(
      fc.asyncProperty(fc.nat(2000), fc.string({ maxLength: 4 }), async (at, patch) => {
        const text = bytes.toString('utf8');
        const folder = await folderWith({
          'tokenizer.json': text.slice(0, at) + patch + text.slice(at + patch.length),
        });
        try {
          (await loadTokenizer(folder)).encode('some text');
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      { numRuns: 60 },
    );
  });
});
