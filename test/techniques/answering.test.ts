/** Models with an encoder and a decoder learn from prompts and answers as everybody else does: rows in, a folder out. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeSides } from '../../app/datasets/encode-sides.ts';
import { loadDataset } from '../../app/datasets/index.ts';
import { Answerer } from '../../app/generate/answerer.ts';
import { idsWritten } from '../../app/generate/open-writer.ts';
import { readAdapter } from '../../app/models/adapter.ts';
import { openModel } from '../../app/models/model.ts';
import { loadTokenizer } from '../../app/models/tokenizer.ts';
import { splitAtAnswer } from '../../app/techniques/finetune/answer-rows.ts';
import { finetune } from '../../app/techniques/finetune/finetune.ts';
import { finetuneSchema } from '../../app/techniques/finetune/schema.ts';
import { makeTinyModel } from '../models/tiny-model.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-answering-'));
afterAll(() => rm(work, { recursive: true }));
const folder = await makeTinyModel(work, 't5');
const tokenizer = await loadTokenizer(folder);
const model = await openModel(folder);

/** Answers that the input alone tells. */
const ROWS = ['whale', 'hero', 'life', 'Friday'].map((word, i) => ({
  instruction: `Say ${word}`,
  output: `${word} ${i}`,
}));
const file = join(work, 'rows.jsonl');
await writeFile(file, ROWS.map((row) => JSON.stringify(row)).join('\n'));
const load = (path: string) => loadDataset(path, tokenizer, undefined, { maxLength: 32, sides: true });
const options = finetuneSchema.parse({
  schedule: 'constant',
  batchSize: 4,
  maxLength: 32,
  weightDecay: 0,
  learningRate: 1e-2,
});

async function answers(path: string): Promise<string[]> {
  const answerer = await Answerer.open(await openModel(path), { threads: 1 });
  const said: string[] = [];
  for (const { instruction } of ROWS) {
    const ids = [...tokenizer.encode(instruction, { special: true }), tokenizer.eosId!];
    const answer = await idsWritten(answerer, ids, { maxTokens: 12, stopIds: tokenizer.stopIds });
    said.push(tokenizer.decode(answer, { skipSpecial: true }));
  }
  answerer.dispose();
  return said;
}

describe('a row', () => {
  it('is an input and an answer, each closed, of which only the answer is learnt', () => {
    const { ids, labels } = encodeSides({ kind: 'pair', source: 'Say life', target: 'life' }, tokenizer, 32);
    const row = splitAtAnswer({ ids, labels });
    expect(row.ids).toEqual([...tokenizer.encode('Say life'), tokenizer.eosId]);
    expect(row.labels).toEqual([...tokenizer.encode('life'), tokenizer.eosId]);
  });

  it('of a conversation is its last answer to all that was said before', () => {
    const said = ['Say it', 'hero', 'again'].map((content, i) => ({ role: i === 1 ? 'assistant' : 'user', content }));
    const messages = [...said, { role: 'assistant', content: 'hero again' }];
    const row = splitAtAnswer(encodeSides({ kind: 'chat', messages }, tokenizer, 64));
    expect(tokenizer.decode(Array.from(row.ids), { skipSpecial: true })).toBe('Say it\nhero\nagain');
    expect(tokenizer.decode(Array.from(row.labels), { skipSpecial: true })).toBe('hero again');
  });

  it('is cut with its end kept, and refused where it is running text', () => {
    const { ids, labels, truncated } = encodeSides(
      { kind: 'pair', source: 'life', target: 'a b c d e f' },
      tokenizer,
      4,
    );
    expect(truncated).toBe(true);
    expect(splitAtAnswer({ ids, labels }).labels.length).toBe(4);
    expect(labels.at(-1)).toBe(tokenizer.eosId);
    expect(() => encodeSides({ kind: 'text', text: 'once' }, tokenizer, 32)).toThrow(/prompts and answers/);
  });
});

it('learns its answers by heart with all weights, and says them', async () => {
  const { train } = await load(file);
  const out = join(work, 'full');
  const data = { store: train, path: file };
  const settings = { ...options, method: 'full' as const, steps: 200, learningRate: 5e-3, evalSteps: 50 };
  const result = await finetune(model, data, out, settings, { threads: 1, validation: data });
  expect(result.losses[0]).toBeGreaterThan(3);
  expect(result.best!.loss).toBeLessThan(0.1);
  expect(await answers(out)).toEqual(ROWS.map(({ output }) => output));
});

it('learns with adapters, on both sides and with dropout, and writes them as PEFT names them', async () => {
  const { train } = await load(file);
  const out = join(work, 'lora');
  const settings = { ...options, method: 'lora' as const, steps: 12, dropout: 0.1 };
  const { losses } = await finetune(model, { store: train, path: file }, out, settings, { threads: 1 });
  expect(losses.at(-1)).toBeLessThan(losses[0]);
  const { modules, config } = await readAdapter(join(out, 'adapter'));
  expect([...modules.keys()]).toContain('encoder.block.0.layer.0.SelfAttention.q');
  expect([...modules.keys()]).toContain('decoder.block.1.layer.1.EncDecAttention.v');
  expect(JSON.parse(await readFile(join(out, 'adapter/adapter_config.json'), 'utf8')).task_type).toBe('SEQ_2_SEQ_LM');
  expect(config.r).toBe(8);
});
