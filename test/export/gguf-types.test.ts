/** Which type each tensor of a GGUF file gets: llama.cpp's mixes, wishes for single tensors, the bits of a mixed plan. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readWishes, storedType, type TypeChoice } from '../../app/export/gguf/tensor-types.ts';
import { exportModel } from '../../app/export/index.ts';
import type { ExportOptions } from '../../app/export/target.ts';
import { openModel } from '../../app/models/model.ts';
import { openGguf } from '../../app/models/weights/index.ts';
import { quantize } from '../../app/techniques/quantize/quantize.ts';
import { quantizeSchema } from '../../app/techniques/quantize/schema.ts';
import { copyWithTokenizer } from '../models/byte-tokenizer.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-gguf-types-'));
const LLAMA = await copyWithTokenizer(join(import.meta.dirname, '../fixtures/models/llama'), join(work, 'llama'));
afterAll(() => rm(work, { recursive: true }));

const choice = (type: TypeChoice['type'], more: Partial<TypeChoice> = {}): TypeChoice => ({
  type,
  wishes: [],
  tied: true,
  layers: 16,
  queriesPerKey: 1,
  importance: false,
  ...more,
});
const wide = [512, 1024] as const;
const typesOf = (part: string, chosen: TypeChoice): string[] =>
  Array.from({ length: chosen.layers }, (_, l) => storedType(`blk.${l}.${part}.weight`, wide, chosen));

it("gives the tensors that matter more bits, where llama.cpp's files of that name do", () => {
  // By hand from llama.cpp's rules: the first and last eighth of 16 layers, and every third between.
  const raised = [0, 1, 4, 7, 10, 13, 14, 15];
  const expected = Array.from({ length: 16 }, (_, l) => (raised.includes(l) ? 'Q6_K' : 'Q4_K'));
  expect(typesOf('ffn_down', choice('q4_k_m'))).toEqual(expected);
  expect(typesOf('attn_v', choice('q4_k_m'))).toEqual(expected);
  expect(new Set(typesOf('ffn_up', choice('q4_k_m')))).toEqual(new Set(['Q4_K']));
  expect(typesOf('attn_v', choice('q3_k_m')).slice(0, 3)).toEqual(['Q5_K', 'Q5_K', 'Q4_K']);
  expect(new Set(typesOf('attn_v', choice('q2_k')))).toEqual(new Set(['Q3_K']));
  expect(new Set(typesOf('attn_v', choice('q2_k', { queriesPerKey: 4 })))).toEqual(new Set(['Q4_K']));
  expect(typesOf('ffn_down', choice('q4_0', { importance: true })).slice(0, 3)).toEqual(['Q4_1', 'Q4_1', 'Q4_0']);
  expect(storedType('token_embd.weight', wide, choice('q4_k'))).toBe('Q6_K');
  expect(storedType('token_embd.weight', wide, choice('q4_k', { tied: false }))).toBe('Q4_K');
  expect(storedType('output.weight', wide, choice('q4_k', { tied: false }))).toBe('Q6_K');
});

it('falls back to blocks of 32 where rows are no whole blocks of 256, and to halves where they are not even that', () => {
  const narrow = (type: TypeChoice['type'], columns: number) =>
    storedType('blk.9.ffn_up.weight', [64, columns], choice(type));
  expect((['q2_k', 'q3_k', 'q4_k', 'q5_k', 'q6_k', 'iq4_xs'] as const).map((type) => narrow(type, 576))).toEqual([
    'IQ4_NL',
    'IQ4_NL',
    'Q5_0',
    'Q5_1',
    'Q8_0',
    'IQ4_NL',
  ]);
  expect(narrow('q4_0', 48)).toBe('float16');
  expect(narrow('bf16', 48)).toBe('bfloat16');
  expect(storedType('blk.0.attn_norm.weight', [64], choice('q4_0'))).toBe('float32');
});

it('hears wishes for single tensors, the first that fits first', () => {
  const wishes = readWishes(['blk.0.*=q8_0', 'ffn_down=Q6_K', 'token_embd=f16']);
  const chosen = choice('q4_0', { wishes });
  expect(storedType('blk.0.ffn_down.weight', wide, chosen)).toBe('Q8_0');
  expect(storedType('blk.3.ffn_down.weight', wide, chosen)).toBe('Q6_K');
  expect(storedType('blk.10.attn_q.weight', wide, chosen)).toBe('Q4_0');
  expect(storedType('token_embd.weight', wide, chosen)).toBe('float16');
  expect(() => readWishes(['ffn_down'])).toThrow(/tensor=type/);
  expect(() => readWishes(['ffn_down=q9'])).toThrow(/q4_k/);
});

async function typesIn(out: string, options: Partial<ExportOptions>, model = LLAMA): Promise<Map<string, string>> {
  const { files, checks } = await exportModel(model, 'gguf-q8_0', out, {
    threads: 1,
    prompts: [[1, 2, 3]],
    ...options,
  });
  expect(checks.filter(({ passed }) => !passed)).toEqual([]);
  const source = await openGguf(join(out, files.find(({ path }) => path.endsWith('.gguf'))!.path));
  await source.close();
  return new Map([...source.tensors].map(([name, { dtype }]) => [name, dtype]));
}

it('writes what was wished for, reads it back, and refuses wishes that fit nothing', async () => {
  const types = await typesIn(join(work, 'wished'), { tensorTypes: ['blk.0.ffn_up=q4_0', 'attn_v=bf16'] });
  expect(types.get('blk.0.ffn_up.weight')).toBe('Q4_0');
  expect(types.get('blk.1.ffn_up.weight')).toBe('Q8_0');
  expect(types.get('blk.1.attn_v.weight')).toBe('bfloat16');
  const misspelt = exportModel(LLAMA, 'gguf-q8_0', join(work, 'no'), {
    prompts: [[1]],
    tensorTypes: ['ffn_dwon=q4_0'],
  });
  await expect(misspelt).rejects.toThrow(/blk\.0\.ffn_down/);
});

it('carries the bits of a mixed plan over', async () => {
  const plan = join(work, 'plan');
  const settings = quantizeSchema.parse({ method: 'rtn', bits: 4, groupSize: 16, layerBits: '0=8' });
  await quantize(await openModel(LLAMA), plan, settings, { threads: 1 });
  const types = await typesIn(join(work, 'planned'), { plan });
  expect(types.get('blk.0.ffn_up.weight')).toBe('Q8_0');
  expect(types.get('blk.1.ffn_up.weight')).toBe('Q5_0');
  const float = exportModel(LLAMA, 'gguf-q8_0', join(work, 'no'), { prompts: [[1]], plan: LLAMA });
  await expect(float).rejects.toMatchObject({ code: 'arguments/incompatible' });
  const direct = exportModel(plan, 'gguf-q8_0', join(work, 'no'), { prompts: [[1]] });
  await expect(direct).rejects.toThrow(/as the plan/);
});

it('gives a family with a head of its own two types for the matrix that is embedding and head', async () => {
  const tied = await copyWithTokenizer(
    join(import.meta.dirname, '../fixtures/architectures/olmo2'),
    join(work, 'tied'),
    { tie_word_embeddings: true },
  );
  const types = await typesIn(join(work, 'tied-wished'), { tensorTypes: ['token_embd=q4_0'] }, tied);
  expect(types.get('token_embd.weight')).toBe('Q4_0');
  expect(types.get('output.weight')).toBe('Q8_0');
  const head = await typesIn(join(work, 'tied-head'), { tensorTypes: ['output.weight=q4_0'] }, tied);
  expect([head.get('token_embd.weight'), head.get('output.weight')]).toEqual(['Q8_0', 'Q4_0']);
});
