import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  assertTrainable,
  checkDataset,
  isHeldOut,
  loadDataset,
  planPacked,
  TokensFile,
} from '../../app/datasets/index.ts';
import { findChatTemplate } from '../../app/models/chat-template.ts';
import { loadTokenizer } from '../../app/models/tokenizer.ts';
import { fileWith, folderWith, jsonl } from './folder.ts';

const model = join(import.meta.dirname, '../fixtures/tokenizers/smollm2');
const chat = (question: string, answer: string) => ({
  messages: [
    { role: 'user', content: question },
    { role: 'assistant', content: answer },
  ],
});

describe('checking a data set', () => {
  it('reports format, rows, duplicates and problems by line', async () => {
    const lines = [chat('a', 'b'), chat('a', 'b'), chat('c', ''), chat('d', 'e')].map((row) => JSON.stringify(row));
    const file = await fileWith('x.jsonl', [...lines.slice(0, 2), '{oops', '', ...lines.slice(2)].join('\n'));
    const report = await checkDataset(file);
    expect(report).toMatchObject({ format: 'messages', rows: 6, usableRows: 3, duplicates: 1, problemCount: 3 });
    expect(report.problems.map(({ row, code }) => [row, code])).toEqual([
      [3, 'row/broken'],
      [4, 'row/empty'],
      [5, 'row/no-answer'],
    ]);
    expect(report.tokens).toBeUndefined();
  });

  it('counts tokens with a model', async () => {
    const rows = [chat('one', 'two'), chat('three', 'four five six'), chat('x '.repeat(300), 'y')];
    const report = await checkDataset(await fileWith('x.jsonl', jsonl(rows)), { model, maxLength: 100 });
    const { tokens } = report;
    expect(report.usableRows).toBe(2);
    expect(report.problems).toMatchObject([{ row: 3, code: 'row/no-answer' }]);
    expect(tokens!.supervised).toBe(2 + 4);
    expect(tokens!.max).toBeGreaterThan(tokens!.p50);
    expect(tokens!.histogram.reduce((sum, bar) => sum + bar.rows, 0)).toBe(2);
    expect(tokens!.total).toBeGreaterThan(tokens!.supervised);
  });

  it('reads pre-tokenised files', async () => {
    const file = await tokensFile([1, 2, 2], [1, 2, 3, 4], [-100, 2, -100, -100]);
    expect(await checkDataset(file)).toMatchObject({
      format: 'tokens',
      rows: 2,
      usableRows: 1,
      problems: [{ row: 2, code: 'row/no-answer' }],
      tokens: { total: 4, supervised: 1, max: 2 },
    });
  });

  it('refuses to train on a data set without answers', async () => {
    const rows = [{ messages: [{ role: 'user', content: 'x' }] }];
    const file = await fileWith('x.jsonl', jsonl(rows));
    const report = await checkDataset(file);
    expect(() => assertTrainable(report, file)).toThrow(expect.objectContaining({ code: 'dataset/no-answers' }));
  });
});

describe('loading a data set', async () => {
  const tokenizer = await loadTokenizer(model);
  const template = await findChatTemplate(model);

  it('encodes the usable rows and reports the rest', async () => {
    const file = await fileWith('x.jsonl', `${jsonl([chat('a', 'b'), chat('c', 'd')])}{oops\n`);
    const data = await loadDataset(file, tokenizer, template, { maxLength: 64 });
    expect(data).toMatchObject({ format: 'messages', rows: 3, usableRows: 2, problemCount: 1 });
    expect(data.train.count).toBe(2);
    const batch = planPacked(data.train, { length: 128, rows: 1, seed: 0, epoch: 0 }).batch(0);
    expect(Math.max(...batch.segments)).toBe(2);
  });

  it('cuts plain text into one stream', async () => {
    const text = 'A paragraph of text.\n\n'.repeat(50);
    const data = await loadDataset(await fileWith('x.txt', text), tokenizer, template, { maxLength: 32 });
    const ids = Array.from({ length: data.train.count }, (_, i) => Array.from(data.train.get(i).ids));
    expect(ids.slice(0, -1).every((piece) => piece.length === 32)).toBe(true);
    expect(tokenizer.decode(ids.flat(), { skipSpecial: true })).toBe(text);
    expect(ids.flat().at(-1)).toBe(tokenizer.eosId);
  });

  it('keeps rows apart by content, the same each time', async () => {
    const rows = Array.from({ length: 400 }, (_, i) => ({ prompt: `q${i % 200}`, completion: `a${i % 200}` }));
    const file = await fileWith('x.jsonl', jsonl(rows));
    const load = (seed: number) => loadDataset(file, tokenizer, template, { maxLength: 64, heldOut: 0.2, seed });
    const [first, again, other] = [await load(1), await load(1), await load(2)];
    expect(first.train.count + first.heldOut.count).toBe(400);
    expect(first.heldOut.count % 2).toBe(0);
    expect(Math.abs(first.heldOut.count - 80)).toBeLessThan(40);
    expect(again.heldOut.get(0)).toEqual(first.heldOut.get(0));
    expect(
      other.heldOut.count === first.heldOut.count &&
        other.heldOut.get(0).ids.join() === first.heldOut.get(0).ids.join(),
    ).toBe(false);
    expect(() => isHeldOut({ kind: 'text', text: 'a' }, 2, 1)).toThrow(
      expect.objectContaining({ code: 'arguments/invalid' }),
    );
  });

  it('refuses a data set with nothing to learn', async () => {
    const file = await fileWith('x.jsonl', jsonl([{ messages: [{ role: 'user', content: 'x' }] }]));
    await expect(loadDataset(file, tokenizer, template, { maxLength: 64 })).rejects.toMatchObject({
      code: 'dataset/no-answers',
    });
  });

  it('says when a model has no tokenizer', async () => {
    const file = await fileWith('x.jsonl', jsonl([{ text: 'x' }]));
    await expect(checkDataset(file, { model: await folderWith({}) })).rejects.toMatchObject({
      code: 'tokenizer/missing',
    });
  });
});

async function tokensFile(
  shape: readonly number[],
  ids: readonly number[],
  labels: readonly number[],
  labelShape = shape,
): Promise<string> {
  const header = JSON.stringify({
    input_ids: { dtype: 'I32', shape, data_offsets: [0, ids.length * 4] },
    labels: { dtype: 'I64', shape: labelShape, data_offsets: [ids.length * 4, ids.length * 4 + labels.length * 8] },
  });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const body = [Buffer.from(Int32Array.from(ids).buffer), Buffer.from(BigInt64Array.from(labels, BigInt).buffer)];
  return await fileWith('x.safetensors', Buffer.concat([length, Buffer.from(header), ...body]));
}

describe('pre-tokenised files', () => {
  it('give steps in order', async () => {
    const file = await TokensFile.open(await tokensFile([2, 1, 2], [1, 2, 3, 4], [-100, 2, -100, 4]));
    expect(file).toMatchObject({ steps: 2, batch: 1, length: 2, labelled: 'tokens' });
    expect(await file.step(1)).toEqual({ ids: Int32Array.of(3, 4), labels: Int32Array.of(-100, 4) });
    await expect(file.step(2)).rejects.toThrow(RangeError);
  });

  it('may have one label a row', async () => {
    const file = await TokensFile.open(await tokensFile([2, 1, 2], [1, 2, 3, 4], [5, -100], [2, 1]));
    expect(file.labelled).toBe('rows');
    expect((await file.step(0)).labels).toEqual(Int32Array.of(5));
  });

  it('are refused when shapes, types or values are wrong', async () => {
    for (const wrong of [tokensFile([4], [1, 2, 3, 4], [1, 2, 3, 4]), tokensFile([2, 1, 2], [1, 2, 3, 4], [1], [1])])
      await expect(TokensFile.open(await wrong)).rejects.toMatchObject({ code: 'dataset/unreadable' });
    for (const wrong of [
      tokensFile([1, 1, 2], [-1, 2], [1, 2]),
      tokensFile([1, 1, 2], [1, 2], [-7, 2]),
      tokensFile([1, 1, 2], [1, 2], [2 ** 40, 2]),
    ])
      await expect((await TokensFile.open(await wrong)).step(0)).rejects.toMatchObject({ code: 'dataset/unreadable' });
    const whole = await tokensFile([1, 1, 2], [1, 2], [1, 2]);
    const copy = join(await folderWith({}), 'x.safetensors');
    await copyFile(whole, copy);
    await writeFile(copy, (await import('node:fs')).readFileSync(whole).subarray(0, -3));
    await expect(TokensFile.open(copy)).rejects.toMatchObject({ code: 'weights/truncated' });
  });
});
